//! A group as the kernel shows it, whoever brought it up: what a format that was written must come to.

use serde_json::{Value, json};

use crate::mpath::Config;
use crate::network::ip_json;

/// Every option of the bond, its members, its MTU, its addresses and its routes, without what changes by itself and without
/// what no format says: the MAC address, unless it is pinned.
pub(crate) fn group_on(device: &str) -> Value {
    let link = &ip_json(&format!("-d link show dev {device}"))[0];
    let mut options = link["linkinfo"]["info_data"].clone();
    if let Some(options) = options.as_object_mut() {
        // Who carries the traffic is waited for.
        options.retain(|key, _| !matches!(key.as_str(), "active_slave" | "ad_info"));
    }
    let members = ip_json(&format!("link show master {device}"));
    let mut names: Vec<_> = members.as_array().unwrap().iter().map(|member| member["ifname"].to_string()).collect();
    names.sort();
    json!({ "options": options, "members": names, "mtu": link["mtu"], "addresses": addresses(device), "routes": routes(device) })
}

/// What `ip` says of a device that may not be there yet.
pub(crate) fn so_far(words: &str) -> String {
    let output = std::process::Command::new("ip").args(words.split_whitespace()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn addresses(device: &str) -> Vec<String> {
    let all = ip_json(&format!("address show dev {device} scope global"));
    let infos = all.as_array().unwrap().iter().flat_map(|link| link["addr_info"].as_array().unwrap().clone());
    let mut texts: Vec<_> = infos.map(|info| format!("{}/{}", info["local"], info["prefixlen"])).collect();
    texts.sort();
    texts
}

/// The routes that somebody made; those of addresses follow from them.
fn routes(device: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for family in ["-4", "-6"] {
        let all = ip_json(&format!("{family} route show dev {device}"));
        let made = all.as_array().into_iter().flatten().filter(|route| route["protocol"] != "kernel");
        texts.extend(made.map(|route| format!("{} via {} metric {}", route["dst"], route["gateway"], route["metric"])));
    }
    texts.sort();
    texts
}

/// The group as `mpath import --from kernel` tells it, under the name of its device.
pub(crate) fn imported_from_kernel(config: &Config, group: &str, device: &str) -> Vec<String> {
    let text = config.succeed(&format!("import --from kernel {device}")).stdout;
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .map(|line| line.replace(&format!("[group.{group}"), &format!("[group.{device}")))
        .filter(|line| !line.starts_with("device =") && !line.starts_with('#'))
        .collect()
}
