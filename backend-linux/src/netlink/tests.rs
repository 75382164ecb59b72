use super::*;

#[test]
fn the_kernels_words_are_found_between_other_attributes() {
    let mut answer = vec![0; HEADER];
    answer.extend([8, 0, 2, 0, 44, 0, 0, 0]); // NLMSGERR_ATTR_OFFS
    answer.extend([9, 0, 1, 0, b'b', b'u', b's', b'y', 0, 0, 0, 0]);
    assert_eq!(text_of(&answer).as_deref(), (cfg!(target_endian = "little")).then_some("busy"));
}

#[test]
fn an_answer_without_words_or_cut_off_has_none() {
    assert_eq!(text_of(&[]), None);
    assert_eq!(text_of(&[0; HEADER]), None);
    let mut cut = vec![0; HEADER];
    cut.extend([200, 0, 1, 0, b'x']);
    assert_eq!(text_of(&cut), None);
    let mut endless = vec![0; HEADER];
    endless.extend([0, 0, 2, 0]);
    assert_eq!(text_of(&endless), None);
}

/// Found by the fuzzer: the least `int` has no counterpart above zero.
#[test]
fn an_error_number_that_no_kernel_has_is_a_refusal_all_the_same() {
    let mut done = netlink_packet_core::DoneMessage::default();
    done.code = i32::MIN;
    let mut error = netlink_packet_core::ErrorMessage::default();
    error.code = std::num::NonZero::new(i32::MIN);
    for payload in [NetlinkPayload::Done(done), NetlinkPayload::Error(error)] {
        let answer = checked(payload);
        assert!(matches!(answer, Err(Failure::Refused(Refusal { errno: i32::MAX, .. }))), "{answer:?}");
    }
}
