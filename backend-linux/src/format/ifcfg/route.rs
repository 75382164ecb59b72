//! `route-DEVICE` and `route6-DEVICE`: arguments of `ip route add`, one route a line; or numbered assignments.

use ipnet::IpNet;
use mpath_core::Draft;
use mpath_core::draft::Value;
use mpath_core::import::{Files, Import, Origin};

use super::FOLDER;
use super::assignment::{Assignment, Assignments};
use super::ip::prefix_of;
use crate::format::route_key;

/// The routes of a device. Its files are named by the interface file's name, or by the device's.
pub(super) fn routes(device: &str, files: &dyn Files, draft: &mut Draft, import: &mut Import) {
    for file in ["route", "route6"] {
        let path = format!("{FOLDER}/{file}-{device}");
        let Some(text) = files.read(&path) else { continue };
        // As the scripts tell the two forms apart.
        let numbered = text.lines().any(|line| line.trim_start().starts_with("ADDRESS") && line.contains('='));
        if numbered {
            assigned(Assignments::read(&path, &text, import), draft, import);
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let origin = Origin::line(&path, number, line);
            match route(line, device) {
                Ok(route) => draft.push("routes", route, Some(origin)),
                Err(why) => import.lose(origin, why),
            }
        }
    }
}

fn assigned(mut file: Assignments, draft: &mut Draft, import: &mut Import) {
    for number in file.numbers("ADDRESS") {
        let Some(address) = file.take(&format!("ADDRESS{number}")) else { continue };
        let mask = file.take(&format!("NETMASK{number}")).map_or(Some("32".to_owned()), |mask| prefix_of(&mask.value));
        let to = mask.and_then(|length| format!("{}/{length}", address.value).parse::<IpNet>().ok());
        let via = file.take(&format!("GATEWAY{number}")).map(|via| via.value);
        let metric = file.take(&format!("METRIC{number}")).and_then(|metric| metric.value.parse().ok());
        match to {
            Some(to) => draft.push("routes", route_key::entry(to, via, metric), Some(address.origin)),
            None => import.lose(address.origin, "no network"),
        }
    }
    for Assignment { origin, .. } in file.rest() {
        import.lose(origin, "it belongs to no ADDRESS");
    }
}

/// The words of `ip route add`.
fn route(line: &str, device: &str) -> Result<Value, String> {
    let mut words = line.split_ascii_whitespace();
    let to = match words.next().unwrap_or_default() {
        "default" => "0.0.0.0/0".parse::<IpNet>().ok(),
        to => to.parse::<IpNet>().ok().or_else(|| to.parse::<std::net::IpAddr>().ok().map(IpNet::from)),
    };
    let Some(to) = to else { return Err("mpath knows routes to networks only".to_owned()) };
    let (mut via, mut metric) = (None, None);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word {
            "via" => via = Some(value.to_owned()),
            "metric" | "preference" | "priority" => metric = value.parse().ok(),
            "dev" if value == device => {}
            "dev" => return Err(format!("it leads over {value}, not over {device}")),
            "proto" | "protocol" if value == "static" => {}
            "table" if matches!(value, "main" | "254") => {}
            _ => return Err(format!("mpath has no key for {word}")),
        }
    }
    Ok(route_key::entry(to, via, metric))
}
