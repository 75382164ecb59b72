//! What is wrong with groups on a host, each finding with what was seen and the cure.
//!
//! In: what a backend's diagnosis finds. Out: [`Finding`]s. Their codes are a promise; the whole story of each is told in
//! `docs/reference/findings.md`.

use serde::{Deserialize, Serialize};

use crate::capability::Unsupported;
use crate::mode::words;
use crate::plan::{NoPlan, Plan};
use crate::{Capabilities, Group, InterfaceName};

words! {
    /// How bad it is, from worst to best.
    Severity {
        /// The group does not fail over, or does not work now.
        Error = "error",
        /// It will not do its work in some case that is to be expected.
        Warning = "warning",
        /// Something to know.
        Note = "note",
    }
}

/// The codes, with their words, their severities and what they mean.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal $severity:ident),+ $(,)?) => {
        words! {
            /// What is wrong. Words are never given another meaning.
            Code { $($(#[$doc])* $variant = $word),+ }
        }

        impl Code {
            /// How bad that is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }
        }
    };
}

codes! {
    /// Nobody watches the members.
    NoLinkMonitoring = "no-link-monitoring" Error,
    /// The targets of probes answer on no member.
    ProbeTargetsSilent = "probe-targets-silent" Error,
    /// A member has a link and no target answers there.
    PathDead = "path-dead" Warning,
    /// A member's link says nothing of its path.
    CarrierUntold = "carrier-untold" Warning,
    /// No member is preferred.
    NoPrimary = "no-primary" Note,
    /// The primary works and another member carries the traffic.
    PrimaryNotActive = "primary-not-active" Warning,
    /// The primary comes and goes, and the traffic follows it at once.
    FailbackFlaps = "failback-flaps" Warning,
    /// The link is used before the switch's port forwards.
    UpDelayShort = "up-delay-short" Note,
    /// A failover is not announced.
    NoAnnouncement = "no-announcement" Warning,
    /// There is nothing to fail over to.
    SingleMember = "single-member" Warning,
    /// A member is switched off.
    MemberOff = "member-off" Warning,
    /// A member has no link.
    MemberNoLink = "member-no-link" Warning,
    /// The traffic of the host goes out past the group.
    DefaultRouteOnMember = "default-route-on-member" Error,
    /// A member has an address of its own.
    MemberHasAddress = "member-has-address" Warning,
    /// A member has routes of its own.
    MemberHasRoute = "member-has-route" Warning,
    /// The active member does not receive what is sent to the group.
    ActiveMemberMac = "active-member-mac" Error,
    /// A member would not receive what is sent to the group.
    MemberMacDiffers = "member-mac-differs" Warning,
    /// Two cards have one address.
    DuplicateMac = "duplicate-mac" Error,
    /// Another station has the address.
    DadFailed = "dad-failed" Error,
    /// Members take packets of different sizes.
    MtuMix = "mtu-mix" Warning,
    /// Members are of different speeds.
    SpeedMismatch = "speed-mismatch" Note,
    /// A member sends or receives, not both.
    HalfDuplex = "half-duplex" Warning,
    /// A radio is switched off.
    WirelessBlocked = "wireless-blocked" Warning,
    /// A wireless member is in no network.
    WirelessNotAssociated = "wireless-not-associated" Warning,
    /// A wireless member is in a network that does not let it through.
    WirelessNotAuthorized = "wireless-not-authorized" Warning,
    /// The access point may know another address than the one it is shown.
    WirelessMacFilter = "wireless-mac-filter" Warning,
    /// A wireless member shows the group's address.
    WirelessSharedMac = "wireless-shared-mac" Warning,
    /// A wireless member is to swap addresses.
    WirelessFollow = "wireless-follow" Error,
    /// A wireless member sleeps between packets.
    WirelessPowerSave = "wireless-power-save" Note,
    /// NetworkManager manages a member of a group that it did not make.
    ManagedByNetworkManager = "managed-by-networkmanager" Error,
    /// systemd-networkd configures a member for itself.
    ManagedByNetworkd = "managed-by-networkd" Warning,
    /// netplan describes a member for itself.
    ManagedByNetplan = "managed-by-netplan" Warning,
    /// ifupdown configures a member for itself.
    ManagedByIfupdown = "managed-by-ifupdown" Warning,
    /// A DHCP client works on a member.
    ManagedByDhcpClient = "managed-by-dhcp-client" Warning,
    /// wpa_supplicant works on the group's device.
    ManagedByWpaSupplicant = "managed-by-wpa-supplicant" Warning,
    /// Options of the driver that others do not expect.
    ModuleOptions = "module-options" Warning,
    /// A device that the driver made by itself.
    DriverMadeDevice = "driver-made-device" Note,
    /// The platform lacks something that the file asks for.
    UnsupportedOption = "unsupported-option" Error,
    /// The host is not as the file says.
    Drifted = "drifted" Warning,
    /// Groups are the business of another zone.
    ZoneSharesNetwork = "zone-shares-network" Error,
    /// NWAM manages the network.
    NwamManages = "nwam-manages" Error,
    /// The profile Automatic manages the network.
    ProfileAutomatic = "profile-automatic" Error,
    /// The daemon that fails over does not run.
    MpathdOff = "mpathd-off" Error,
    /// Every member waits for another to fail.
    OnlyStandbys = "only-standbys" Error,
    /// Some members are probed and some are not.
    NoTestAddress = "no-test-address" Warning,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The group's device that it is about; `None` is the host as a whole.
    pub device: Option<InterfaceName>,
    /// The interface that it is about.
    pub interface: Option<InterfaceName>,
    /// What is wrong, as a sentence.
    pub summary: String,
    /// What it was seen by.
    pub evidence: Vec<Evidence>,
    /// What cures it; several are done one after the other, unless they say something else.
    pub cure: Vec<Cure>,
}

/// What was seen, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The file, the attribute or the command.
    pub source: String,
    /// The line of the file, from 1.
    pub line: Option<usize>,
    /// What it says.
    pub seen: String,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cure {
    /// What it is, as a sentence.
    pub text: String,
    /// Commands that an administrator could type.
    pub commands: Vec<String>,
}

impl Finding {
    /// A finding that nothing is known of yet.
    pub fn new(code: Code, summary: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            device: None,
            interface: None,
            summary: summary.into(),
            evidence: vec![],
            cure: vec![],
        }
    }

    /// About this group's device.
    #[must_use]
    pub fn of(mut self, device: &InterfaceName) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// About this interface.
    #[must_use]
    pub fn on(mut self, interface: &InterfaceName) -> Self {
        self.interface = Some(interface.clone());
        self
    }

    /// Seen there.
    #[must_use]
    pub fn seen(mut self, source: impl Into<String>, seen: impl Into<String>) -> Self {
        self.evidence.push(Evidence { source: source.into(), line: None, seen: seen.into() });
        self
    }

    /// Cured by words alone.
    #[must_use]
    pub fn advice(self, text: impl Into<String>) -> Self {
        self.cured_by::<String>(text, [])
    }

    /// Cured by commands.
    #[must_use]
    pub fn cured_by<C: Into<String>>(mut self, text: impl Into<String>, commands: impl IntoIterator<Item = C>) -> Self {
        let commands = commands.into_iter().map(Into::into).collect();
        self.cure.push(Cure { text: text.into(), commands });
        self
    }
}

/// What is found by comparing a host with the file, whatever the platform; `plan` is the way from the one to the other,
/// where the group is up.
pub fn of_the_file(
    desired: &Group,
    device: &InterfaceName,
    plan: Option<Result<&Plan, &NoPlan>>,
    capabilities: &Capabilities,
) -> Vec<Finding> {
    let name = desired.name();
    let unsupported = |found: Unsupported| {
        let finding = Finding::new(Code::UnsupportedOption, found.to_string()).of(device);
        let finding = finding.seen(format!("the file of {name}"), format!("{}: {}", found.key, found.feature));
        match found.cure {
            Some(cure) => finding.cured_by("let the system have it", [cure]),
            None => finding.advice(format!("take `{}` out of the file", found.key)),
        }
    };
    let mut findings: Vec<_> = capabilities.check(desired).into_iter().map(unsupported).collect();
    let source = format!("mpath plan {name}");
    match plan {
        Some(Ok(plan)) if !plan.is_empty() => {
            let mut finding = Finding::new(Code::Drifted, format!("the host is not as the file says of {name}"));
            for step in &plan.steps {
                finding = finding.seen(&source, step.to_string());
            }
            findings.push(finding.of(device).cured_by("bring it to what the file says", [format!("mpath up {name}")]));
        }
        Some(Err(NoPlan::Refused(refusals))) => {
            let refusals = refusals.iter().filter(|refusal| !refusal.is_unsupported());
            findings.extend(refusals.map(|refusal| {
                let summary = format!("the host cannot be brought to what the file says of {name}: {refusal}");
                Finding::new(Code::Drifted, summary)
                    .of(device)
                    .seen(&source, refusal.to_string())
                    .advice(refusal.hint())
            }));
        }
        _ => {}
    }
    findings
}
