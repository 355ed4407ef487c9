//! Message ids from the operating system's generator.

/// Random ids: what makes it hard to forge a reply (RFC 5452 section 9.2). Every send gets a fresh one.
pub(in super::super) struct Ids {
    pool: [u8; 512],
    used: usize,
}

impl Ids {
    pub(in super::super) fn new() -> Self {
        Self { pool: [0; 512], used: 512 }
    }

    /// The next id; one system call for 256 of them.
    pub(super) fn next(&mut self) -> u16 {
        if self.used == self.pool.len() {
            getrandom::fill(&mut self.pool).expect("every supported operating system has a random generator");
            self.used = 0;
        }
        let id = u16::from_be_bytes([self.pool[self.used], self.pool[self.used + 1]]);
        self.used += 2;
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_spread_and_in_no_order() {
        let mut ids = Ids::new();
        let drawn: Vec<u16> = (0..1000).map(|_| ids.next()).collect();
        let distinct: std::collections::BTreeSet<u16> = drawn.iter().copied().collect();
        assert!(distinct.len() > 950, "{}", distinct.len());
        let steps = drawn.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count();
        assert!(steps < 5, "{steps}");
    }
}
