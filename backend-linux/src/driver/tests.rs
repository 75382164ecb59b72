use super::*;

#[test]
fn the_cure_is_the_distributions_own_package() {
    let release = "6.1.0-56-cloud-amd64";
    assert_eq!(cure("ID=debian\nVERSION_ID=\"12\"", release), "apt install linux-image-amd64, and start that kernel");
    assert_eq!(cure("ID=ubuntu\nID_LIKE=debian", "6.8.0-1-kvm"), "apt install linux-modules-extra-6.8.0-1-kvm");
    assert_eq!(cure("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", "5.14.0"), "dnf install kernel-modules-5.14.0");
    assert_eq!(cure("", "7.0.0"), "use a kernel with CONFIG_BONDING; this one is 7.0.0");
}

#[test]
fn a_module_is_known_compressed_or_not() {
    for path in ["kernel/drivers/net/bonding/bonding.ko", "kernel/drivers/net/bonding/bonding.ko.xz"] {
        assert!(is_bonding(path), "{path}");
    }
    assert!(!is_bonding("kernel/net/bonding.kow"));
}
