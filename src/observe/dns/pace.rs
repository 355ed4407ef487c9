//! How fast one server is asked: the window, the gap before a question is sent again, and the cap per second.

use std::time::{Duration, Instant};

use crate::config::Query;

/// Questions in flight at the start.
const FIRST_WINDOW: u32 = 32;
/// The window is never halved below this, or a lossy path would be asked one question at a time.
const LEAST_WINDOW: u32 = 4;
/// A reply that has not come by then is taken for lost, whatever the round trip.
const LEAST_GAP: Duration = Duration::from_millis(500);

/// The pace of one server.
pub(super) struct Pace {
    timeout: Duration,
    window: u32,
    /// Up to here the window grows with every reply, above it by one per round trip.
    threshold: u32,
    most: u32,
    replies: u32,
    last_cut: Option<Instant>,
    rtt: Option<Duration>,
    cap: Option<Cap>,
}

/// Tokens that come at a fixed rate; a short burst is allowed because timers are no finer than a millisecond.
struct Cap {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled: Option<Instant>,
}

impl Pace {
    pub(super) fn new(query: &Query) -> Self {
        // Ids are 16 bits wide; half of them stay free so that drawing a fresh one ends soon.
        let most = query.window.clamp(1, (32_768 / query.tries.max(1)).max(1));
        let cap = (query.max_queries_per_second > 0).then(|| {
            let per_second = f64::from(query.max_queries_per_second);
            let burst = (per_second / 100.0).max(1.0);
            Cap { per_second, burst, tokens: burst, filled: None }
        });
        let window = FIRST_WINDOW.min(most);
        Self { timeout: query.timeout, window, threshold: most, most, replies: 0, last_cut: None, rtt: None, cap }
    }

    /// How many questions may be in flight.
    pub(super) fn window(&self) -> usize {
        self.window as usize
    }

    /// How long after a send the next try follows if no reply came: longer than a healthy round trip, shorter than the
    /// time that a reply is waited for, so that tries overlap and a dead server costs little more than one timeout.
    pub(super) fn gap(&self) -> Duration {
        self.rtt.map_or(LEAST_GAP, |rtt| LEAST_GAP.max(2 * rtt)).min(self.timeout)
    }

    /// A reply came `rtt` after the send that it answers.
    pub(super) fn reply(&mut self, rtt: Duration) {
        // The smoothing of TCP (RFC 6298 section 2.3).
        self.rtt = Some(self.rtt.map_or(rtt, |mean| (mean * 7 + rtt) / 8));
        if self.window >= self.most {
            return;
        }
        self.replies += 1;
        if self.window < self.threshold || self.replies >= self.window {
            self.window += 1;
            self.replies = 0;
        }
    }

    /// A question must be sent again. Losses within one gap are one event.
    pub(super) fn loss(&mut self, now: Instant) {
        if self.last_cut.is_some_and(|cut| now < cut + self.gap()) {
            return;
        }
        self.last_cut = Some(now);
        self.window = (self.window / 2).max(LEAST_WINDOW.min(self.most));
        self.threshold = self.window;
        self.replies = 0;
    }

    /// Whether one datagram may be sent now.
    ///
    /// # Errors
    /// The cap does not allow it before that instant.
    pub(super) fn may_send(&mut self, now: Instant) -> Result<(), Instant> {
        let Some(cap) = &mut self.cap else { return Ok(()) };
        let since = cap.filled.map_or(0.0, |filled| now.saturating_duration_since(filled).as_secs_f64());
        cap.tokens = (cap.tokens + since * cap.per_second).min(cap.burst);
        cap.filled = Some(now);
        if cap.tokens < 1.0 {
            // A microsecond more, lest rounding make the token a trifle too small.
            return Err(now + Duration::from_secs_f64((1.0 - cap.tokens) / cap.per_second) + Duration::from_micros(1));
        }
        Ok(())
    }

    /// One datagram, or one question over TCP, was sent.
    pub(super) fn sent(&mut self) {
        if let Some(cap) = &mut self.cap {
            cap.tokens -= 1.0;
        }
    }

    /// A datagram that was counted as sent was not.
    pub(super) fn unsent(&mut self) {
        if let Some(cap) = &mut self.cap {
            cap.tokens += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(change: impl FnOnce(&mut Query)) -> Pace {
        let mut query = Query::default();
        change(&mut query);
        Pace::new(&query)
    }

    #[test]
    fn the_window_grows_with_replies_and_is_halved_by_loss() {
        let mut pace = pace(|_| ());
        assert_eq!(pace.window(), 32);
        (0..200).for_each(|_| pace.reply(Duration::from_millis(1)));
        assert_eq!(pace.window(), 128);
        let now = Instant::now();
        pace.loss(now);
        pace.loss(now);
        assert_eq!(pace.window(), 64);
        (0..64).for_each(|_| pace.reply(Duration::from_millis(1)));
        assert_eq!(pace.window(), 65);
        (1..20).for_each(|second| pace.loss(now + Duration::from_secs(second)));
        assert_eq!(pace.window(), 4);
    }

    #[test]
    fn configured_windows_are_kept_within_the_space_of_ids() {
        assert_eq!(pace(|query| query.window = 1).window(), 1);
        assert_eq!(pace(|query| query.window = 0).window(), 1);
        let mut wide = pace(|query| (query.window, query.tries) = (1_000_000, 100));
        (0..100_000).for_each(|_| wide.reply(Duration::ZERO));
        assert_eq!(wide.window(), 327);
    }

    #[test]
    fn the_gap_follows_the_round_trip_up_to_the_timeout() {
        let mut pace = pace(|_| ());
        assert_eq!(pace.gap(), Duration::from_millis(500));
        pace.reply(Duration::from_millis(400));
        assert_eq!(pace.gap(), Duration::from_millis(800));
        (0..100).for_each(|_| pace.reply(Duration::from_millis(1900)));
        assert_eq!(pace.gap(), Duration::from_secs(2));
    }

    #[test]
    fn the_cap_spreads_questions_evenly() {
        let mut pace = pace(|query| query.max_queries_per_second = 100);
        let mut now = Instant::now();
        let end = now + Duration::from_secs(1);
        let mut sent = 0;
        while now < end {
            match pace.may_send(now) {
                Ok(()) => {
                    pace.sent();
                    sent += 1;
                }
                Err(later) => now = later,
            }
        }
        assert!((99..=102).contains(&sent), "{sent}");
    }
}
