//! The mode with its options; those of other modes are refused.

use super::Check;
use crate::Problem;
use crate::mode::{Lacp, Mode, ModeName, TransmitHash};

impl Check<'_> {
    pub(super) fn mode_with_options(&mut self) -> Mode {
        let spec = self.spec;
        let transmit_hash = self.taken("transmit-hash", &spec.transmit_hash).copied().unwrap_or(TransmitHash::Layer2);
        let packets_per_member = self.taken("packets-per-member", &spec.packets_per_member).copied().unwrap_or(1);
        let learning_interval = self.taken("learning-interval", &spec.learning_interval).copied().unwrap_or(1);
        let dynamic = self.taken("dynamic-balance", &spec.dynamic_balance).copied().unwrap_or(true);
        let lacp = self.lacp(transmit_hash);
        match self.mode.unwrap_or(ModeName::ActiveBackup) {
            ModeName::RoundRobin => Mode::RoundRobin { packets_per_member },
            ModeName::ActiveBackup => Mode::ActiveBackup,
            ModeName::Xor => Mode::Xor { transmit_hash },
            ModeName::Broadcast => Mode::Broadcast,
            ModeName::Lacp => Mode::Lacp(lacp),
            ModeName::TransmitBalance => Mode::TransmitBalance { transmit_hash, dynamic, learning_interval },
            ModeName::AdaptiveBalance => Mode::AdaptiveBalance { learning_interval },
        }
    }

    fn lacp(&mut self, transmit_hash: TransmitHash) -> Lacp {
        let default = Lacp { transmit_hash, ..Lacp::default() };
        let Some(lacp) = self.taken("lacp", &self.spec.lacp) else { return default };
        let members = &self.spec.members;
        if let (Some(min_links), Some(count)) = (&lacp.min_links.value, members.get().map(|list| list.items.len())) {
            let wanted = usize::try_from(min_links.value).unwrap_or(usize::MAX);
            if !members.has_gaps() && count > 0 && wanted > count {
                let message = format!("found {wanted}, and the group has {count}: it would never have a link");
                let problem = Problem::new("too-few-members", &min_links.place, message);
                self.report(problem.allowed(format!("0 to {count}, the number of members")));
            }
        }
        Lacp {
            rate: lacp.rate.get().copied().unwrap_or(default.rate),
            active: lacp.active.get().copied().unwrap_or(default.active),
            select: lacp.select.get().copied().unwrap_or(default.select),
            min_links: lacp.min_links.get().copied().unwrap_or(default.min_links),
            transmit_hash,
            system_priority: lacp.system_priority.get().copied().unwrap_or(default.system_priority),
            system: lacp.system.get().copied().or(default.system),
            port_key: lacp.port_key.get().copied().unwrap_or(default.port_key),
        }
    }
}
