//! How failure is found. Whatever the file says, something is monitored.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Check;
use crate::detection::{LinkDetection, ProbeDetection, ProbeValidation};
use crate::mode::ModeName;
use crate::spec::{At, Field, LinkSpec, List, ProbeSpec};
use crate::{Detection, Millis, Problem};

impl Check<'_> {
    pub(super) fn detection(&mut self, gateways: &[IpAddr]) -> Detection {
        let spec = self.spec;
        let Some(detection) = spec.detection.get() else { return Detection::default() };
        let link = detection.link.get().map(|link| self.link(link));
        let probe = self.taken("detection.probe", &detection.probe).map(|probe| self.probe(probe, gateways));
        match (link, probe) {
            (Some(link), Some(probe)) => Detection::LinkAndProbe(link, probe),
            (None, Some(probe)) => Detection::Probe(probe),
            (Some(link), None) => Detection::Link(link),
            (None, None) => Detection::default(),
        }
    }

    fn link(&mut self, link: &LinkSpec) -> LinkDetection {
        let interval = self.interval(&link.interval, LinkDetection::DEFAULT_INTERVAL);
        LinkDetection {
            interval: interval.unwrap_or_default(),
            up_delay: self.delay(&link.up_delay, interval),
            down_delay: self.delay(&link.down_delay, interval),
        }
    }

    /// An interval; `None` where the one in the file is of no use.
    fn interval(&mut self, field: &Field<Millis>, default: Millis) -> Option<Millis> {
        if field.key.is_none() {
            return Some(default);
        }
        let interval = field.value.as_ref()?;
        if interval.value.is_zero() {
            let message = "an interval of 0 looks at nothing: the group would never leave a dead member";
            let problem = Problem::new("not-monitored", &interval.place, message);
            self.report(problem.allowed("\"1ms\" and more").hint(format!("write \"{default}\"")));
            return None;
        }
        Some(interval.value)
    }

    /// A delay, which the kernel counts in intervals (`bond_option_updelay_set` rounds down without a word).
    fn delay(&mut self, field: &Field<Millis>, interval: Option<Millis>) -> Millis {
        let Some(At { value: delay, place }) = &field.value else { return Millis::default() };
        let Some(interval) = interval.filter(|interval| delay.get() % interval.get() != 0) else { return *delay };
        let below = delay.get() - delay.get() % interval.get();
        let above = below.checked_add(interval.get()).filter(|above| *above <= Millis::MAX.get());
        let hint = match above {
            Some(above) => format!("write \"{}\" or \"{}\"", Millis::new(below), Millis::new(above)),
            None => format!("write \"{}\"", Millis::new(below)),
        };
        let message = format!("{delay} is not a multiple of the interval of {interval}");
        self.report(
            Problem::new("not-a-multiple", place, message).allowed(format!("a multiple of {interval}")).hint(hint),
        );
        *delay
    }

    fn probe(&mut self, probe: &ProbeSpec, gateways: &[IpAddr]) -> ProbeDetection {
        let validate = match self.mode {
            Some(ModeName::ActiveBackup) | None => ProbeValidation::All,
            Some(_) => ProbeValidation::None,
        };
        let mut targets = self.targets(&probe.targets, gateways);
        // Platforms keep a list for each family, so that only the order within one can be read back.
        targets.sort_by_key(IpAddr::is_ipv6);
        ProbeDetection {
            interval: self.interval(&probe.interval, ProbeDetection::DEFAULT_INTERVAL).unwrap_or_default(),
            targets,
            missed: probe.missed.get().copied().unwrap_or(ProbeDetection::DEFAULT_MISSED),
            validate: probe.validate.get().copied().unwrap_or(validate),
            all_targets: probe.all_targets.get().copied().unwrap_or(false),
        }
    }

    fn targets(&mut self, targets: &Field<List<IpAddr>>, gateways: &[IpAddr]) -> Vec<IpAddr> {
        let spec = self.spec;
        let Some(list) = &targets.value else {
            let gateway_unknown = spec.gateway.has_gaps() || spec.gateway6.failed();
            let probe = spec.detection.get().and_then(|detection| detection.probe.key.as_ref());
            if let Some(probe) = probe.filter(|_| targets.key.is_none() && gateways.is_empty() && !gateway_unknown) {
                let message = "probing has nobody to ask: neither `targets` nor a gateway is given";
                let problem = Problem::new("no-targets", probe, message);
                self.report(problem.hint("write targets = [\"192.168.1.24\"], with hosts that always answer"));
            }
            return gateways.to_vec();
        };
        if list.value.items.is_empty() && list.value.complete {
            self.report(
                Problem::new("empty-list", &list.place, "probing has nobody to ask")
                    .allowed("1 to 16 addresses of each family")
                    .hint("write targets = [\"192.168.1.24\"], with hosts that always answer"),
            );
        }
        let own: Vec<IpAddr> = spec.addresses.items().iter().map(|net| net.value.addr()).collect();
        let mut seen = HashMap::new();
        let mut counts = [0; 2];
        for target in &list.value.items {
            let address = target.value;
            if let Some(first) = seen.insert(address, &target.place) {
                let problem = Problem::new("duplicate-target", &target.place, format!("{address} is a target already"));
                self.report(problem.also(&first.span, "first named here").hint("name it once"));
                continue;
            }
            if own.contains(&address) {
                let message = format!("{address} is the group's own address: it answers whatever has failed");
                let problem = Problem::new("own-address", &target.place, message);
                self.report(problem.allowed("the address of another host"));
            }
            let count = &mut counts[usize::from(address.is_ipv6())];
            *count += 1;
            if *count == ProbeDetection::MAX_TARGETS + 1 {
                let family = if address.is_ipv6() { "IPv6" } else { "IPv4" };
                let message = format!("{address} is the 17th {family} target");
                let problem = Problem::new("too-many-targets", &target.place, message);
                self.report(problem.allowed("1 to 16 addresses of each family"));
            }
        }
        list.value.items.iter().map(|target| target.value).collect()
    }
}
