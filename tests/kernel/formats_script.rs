//! The script of `mpath render --to script`, and what `mpath import --from kernel` makes of groups of others.

use crate::formats::{LACP, RICH, compare, segment, story};
use crate::mpath::Config;
use crate::network::{batch, succeed};

/// As those with other programs, although it needs none: it is one of the formats.
pub(crate) mod rendered {
    use super::{LACP, RICH, script, story};

    crate::cases!(Managers: rendered_for_a_shell_the_script_does_what_up_does);

    fn rendered_for_a_shell_the_script_does_what_up_does() {
        for file in
            [story(), RICH.to_owned(), LACP.to_owned(), story().replace("[\"eth1\", \"eth0\"]", "[\"eth0\", \"eth1\"]")]
        {
            // Each in a network of its own: namespaces are a thread's.
            std::thread::spawn(move || script(&file)).join().unwrap();
        }
    }
}

fn script(file: &str) {
    crate::network::isolate(true);
    let _segment = segment();
    let folder = std::path::Path::new("/run/mpath-script");
    std::fs::create_dir_all(folder).unwrap();
    let none = None::<&str>;
    nix::mount::mount(Some("tmpfs"), folder, Some("tmpfs"), nix::mount::MsFlags::empty(), none).unwrap();
    compare("script", file, folder, || {
        // As they may be when somebody runs it.
        batch(&[], "link set eth0 up\naddress add 192.168.1.77/24 dev eth0\n");
        succeed("sh", &[folder.join("bond0.sh").to_str().unwrap()]);
    });
}

crate::cases!(OwnNamespace: a_bond_that_nobody_told_mpath_of_is_imported_from_the_kernel);

fn a_bond_that_nobody_told_mpath_of_is_imported_from_the_kernel() {
    let _segment = segment();
    batch(
        &[],
        "link add name wan type bond mode active-backup miimon 50 updelay 100 downdelay 150 primary_reselect better fail_over_mac active num_grat_arp 3\n\
         link set eth0 master wan\nlink set eth1 master wan\nlink set wan type bond primary eth1\nlink set wan mtu 1400 up\n\
         address add 192.168.1.34/24 brd + dev wan\naddress add 192.168.1.35/24 dev wan\n\
         address add 192.168.1.36/24 dev wan valid_lft 500 preferred_lft 500\n\
         address add 2001:db8:1::34/64 dev wan nodad\n\
         route add default via 192.168.1.24 dev wan\nroute add default via 2001:db8:1::24 dev wan metric 20\n\
         route add 10.0.0.0/8 via 192.168.1.24 dev wan metric 7\nroute add 10.9.0.0/16 via 192.168.1.24 dev wan table 5\n",
    );
    let config = Config::new("");
    let imported = config.succeed("import --from kernel");
    assert_eq!(
        imported.stdout,
        "[group.wan]\n\
        members            = [\"eth0\", \"eth1\"]\n\
        primary            = \"eth1\"\n\
        failback           = \"better\"\n\
        mac                = \"active\"\n\
        peer-notifications = 3\n\
        mtu                = 1400\n\
        addresses          = [\"192.168.1.34/24\", \"192.168.1.35/24\", \"2001:db8:1::34/64\"]\n\
        gateway            = \"192.168.1.24\"\n\
        routes             = [{ to = \"10.0.0.0/8\", via = \"192.168.1.24\", metric = 7 }, { to = \"default\", via = \"2001:db8:1::24\", metric = 20 }]\n\n\
        [group.wan.detection]\n\
        link = { interval = \"50ms\", up-delay = \"100ms\", down-delay = \"150ms\" }\n"
    );
    // It is the group that is there: taken over, nothing but the mark is missing.
    config.write(&imported.stdout);
    let plan = config.json("plan --adopt wan");
    let steps: Vec<_> =
        plan["groups"][0]["steps"].as_array().unwrap().iter().map(|step| step["text"].as_str().unwrap()).collect();
    assert_eq!(steps, ["mark wan as mpath:wan"], "{plan:#}");
    // As it is made most often by hand: nobody looks at its members.
    batch(&[], "link set wan type bond miimon 0\n");
    let imported = config.succeed("import --from kernel wan");
    assert!(
        imported.stderr.contains("nothing would monitor the members; the link is looked at every 100ms"),
        "{imported:?}"
    );
    assert!(!imported.stdout.contains("detection"), "{imported:?}");
}
