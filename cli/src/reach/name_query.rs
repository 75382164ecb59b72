//! The smallest question to a name server, and what is an answer to it (RFC 1035, 4.1).

/// A query for the name servers of the root, to be answered under this number.
pub(super) fn request(id: u16) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend([0x01, 0x00]); // a query, with recursion desired
    message.extend([0, 1, 0, 0, 0, 0, 0, 0]); // one question, nothing else
    message.push(0); // the root
    message.extend([0, 2, 0, 1]); // NS, IN
    message
}

/// Whether it is an answer under this number, whatever it says.
pub(super) fn is_answer(message: &[u8], id: u16) -> bool {
    message.len() >= 12 && message[..2] == id.to_be_bytes() && message[2] & 0x80 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_the_name_servers_of_the_root() {
        assert_eq!(request(0xabcd), [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]);
    }

    #[test]
    fn any_answer_counts_and_nothing_else() {
        let query = request(7);
        assert!(!is_answer(&query, 7), "a query is no answer");
        let mut refused = query;
        (refused[2], refused[3]) = (0x81, 0x05);
        assert!(is_answer(&refused, 7));
        assert!(!is_answer(&refused, 8), "an answer to somebody else");
        assert!(!is_answer(&refused[..11], 7), "half an answer");
    }
}
