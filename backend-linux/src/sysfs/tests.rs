use mpath_core::snapshot::Interface;

use super::*;

/// A folder that goes away with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mpath-sysfs-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_interface_with_a_phy_is_wireless() {
    let folder = Folder::new("phy");
    folder.file("sys/class/net/wlan0/phy80211/index", "0\n");
    folder.file("sys/class/ieee80211/phy0/index", "0\n");
    let mut snapshot = Snapshot::default();
    for name in ["wlan0", "eth1"] {
        snapshot.interfaces.insert(name.parse().unwrap(), Interface::new(Kind::Ethernet));
    }
    Root::at(&folder.0).complete(&mut snapshot);
    assert_eq!(snapshot.interfaces["wlan0"].kind, Kind::Wireless);
    assert_eq!(snapshot.interfaces["eth1"].kind, Kind::Ethernet);
    assert_eq!(snapshot.driver, Driver::NotLoaded);
}

#[test]
fn a_speed_that_is_unknown_is_none() {
    let folder = Folder::new("speed");
    let root = Root::at(&folder.0);
    let name: InterfaceName = "eth1".parse().unwrap();
    for (text, speed) in [("1000\n", Some(1000)), ("-1\n", None), ("4294967295\n", None), ("0\n", None)] {
        folder.file("sys/class/net/eth1/speed", text);
        assert_eq!(root.speed(&name), speed, "{text:?}");
    }
}
