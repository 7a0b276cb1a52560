//! The way between desk and venue: requests that go there and news that come back, each in its order.
//!
//! A connection delivers in order: what is sent later never arrives earlier, however short its own latency.

use std::collections::VecDeque;

use tradenode_core::money::Atoms;

use crate::models::latency::{Latency, Passage};
use crate::venue::{Refused, Report, Request, What};

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// What happened to an order and, of a fill, the fee.
    Order(Report, Atoms),
    /// Funding on a position.
    Funding(Payment),
}

/// Funding that the venue has paid or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// When, ns UTC.
    pub at: i64,
    /// The place of the position in the account.
    pub place: usize,
    /// Above zero when received.
    pub received: Atoms,
}

impl News {
    const fn at(&self) -> i64 {
        match self {
            Self::Order(report, _) => report.at,
            Self::Funding(payment) => payment.at,
        }
    }
}

/// Messages under way in one direction, with the times at which they arrive.
#[derive(Debug)]
struct Leg<T> {
    messages: VecDeque<(i64, T)>,
    latest: i64,
}

impl<T> Default for Leg<T> {
    fn default() -> Self {
        Self { messages: VecDeque::new(), latest: i64::MIN }
    }
}

impl<T> Leg<T> {
    #[inline(always)]
    fn send(&mut self, at: i64, message: T) {
        self.latest = self.latest.max(at);
        self.messages.push_back((self.latest, message));
    }

    fn next(&self) -> i64 {
        self.messages.front().map_or(i64::MAX, |(at, _)| *at)
    }
}

/// Both directions.
#[derive(Debug)]
pub struct Wire<'a> {
    latency: Latency<'a>,
    there: Leg<Request>,
    back: Leg<News>,
    batch: Batch,
}

/// Whether requests go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    /// Each goes alone.
    None,
    /// The next ones go together.
    Open,
    /// They go with the first one.
    Sent(Passage),
}

impl<'a> Wire<'a> {
    /// A wire with nothing under way.
    #[must_use]
    pub fn new(latency: Latency<'a>) -> Self {
        Self { latency, there: Leg::default(), back: Leg::default(), batch: Batch::None }
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.there.messages.is_empty() && self.back.messages.is_empty() && self.batch == Batch::None
    }

    /// From now on requests are one message, until the batch is closed: they take equally long and arrive together, in
    /// their order, or are lost together. False where one is open.
    pub fn open_batch(&mut self) -> bool {
        let opened = self.batch == Batch::None;
        if opened {
            self.batch = Batch::Open;
        }
        opened
    }

    /// The batch is whole.
    pub const fn close_batch(&mut self) {
        self.batch = Batch::None;
    }

    #[inline]
    fn passage(&mut self, now: i64) -> Passage {
        if let Batch::Sent(passage) = self.batch {
            return passage;
        }
        let passage = self.latency.request(now);
        if self.batch == Batch::Open {
            self.batch = Batch::Sent(passage);
        }
        passage
    }

    /// Sends a request. One that is lost comes back as refused.
    #[inline(always)]
    pub fn request(&mut self, request: Request, now: i64) {
        match self.passage(now) {
            Passage::Arrives(after) => self.there.send(now + after, request),
            Passage::Lost(after) => self.lose(request, now + after),
        }
    }

    #[cold]
    fn lose(&mut self, request: Request, at: i64) {
        if let Some(report) = lost(&request, at) {
            self.back.send(at, News::Order(report, 0));
        }
    }

    /// Sends news back.
    #[inline]
    pub fn tell(&mut self, news: News) {
        let after = self.latency.report(news.at());
        self.back.send(news.at() + after, news);
    }

    /// When the next request arrives, `i64::MAX` for never.
    #[must_use]
    #[inline]
    pub fn next_request(&self) -> i64 {
        self.there.next()
    }

    /// When the next news arrive, `i64::MAX` for never.
    #[must_use]
    #[inline]
    pub fn next_news(&self) -> i64 {
        self.back.next()
    }

    /// The request that arrives next, which stays under way.
    #[must_use]
    #[inline]
    pub fn first_request(&self) -> Option<&Request> {
        self.there.messages.front().map(|(_, request)| request)
    }

    /// The request that arrives next.
    pub fn take_request(&mut self) -> Option<Request> {
        self.there.messages.pop_front().map(|(_, request)| request)
    }

    /// The news that arrive next.
    #[inline]
    pub fn take_news(&mut self) -> Option<News> {
        // Copied from where it lies, once: it is large.
        let news = self.back.messages.front().map(|(_, news)| *news);
        self.back.messages.pop_front();
        news
    }
}

/// What the sender of a lost request is told; of a cancel of everything nothing is.
fn lost(request: &Request, at: i64) -> Option<Report> {
    let (instrument, order, what) = match request {
        Request::Submit(approved, _) => {
            (approved.intent().instrument, approved.id(), What::Rejected(Refused::Unreachable))
        }
        Request::Cancel { instrument, order } => (*instrument, *order, What::CancelRejected(Refused::Unreachable)),
        Request::Replace { order, by } => (by.intent().instrument, *order, What::ReplaceRejected(Refused::Unreachable)),
        Request::CancelAll { .. } => return None,
    };
    Some(Report { at, instrument, order, what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::latency::{LegSpec, RoundTrips};

    fn cancel(order: u64) -> Request {
        Request::Cancel { instrument: 0, order }
    }

    #[test]
    fn nothing_overtakes() {
        let legs = LegSpec::Normal { mean_ns: 1e6, deviation_ns: 1e6, least_ns: 0 };
        let mut wire = Wire::new(Latency::drawn(legs, legs, 3).unwrap());
        (0..500).for_each(|order| wire.request(cancel(order), order as i64));
        let mut last = i64::MIN;
        for order in 0..500 {
            assert!(wire.next_request() >= last);
            last = wire.next_request();
            assert_eq!(wire.take_request(), Some(cancel(order)));
        }
        assert_eq!((wire.take_request(), wire.next_request()), (None, i64::MAX));
    }

    #[test]
    fn a_batch_is_one_message() {
        let legs = LegSpec::Normal { mean_ns: 1e6, deviation_ns: 1e5, least_ns: 0 };
        let [mut batched, mut alone] = [(); 2].map(|()| Wire::new(Latency::drawn(legs, legs, 3).unwrap()));
        assert!(batched.open_batch() && !batched.open_batch());
        (0..3).for_each(|order| batched.request(cancel(order), 0));
        batched.close_batch();
        batched.request(cancel(3), 2_000_000);
        // One is drawn for the three, and the next for what comes after them.
        alone.request(cancel(0), 0);
        let first = alone.next_request();
        alone.take_request();
        alone.request(cancel(3), 2_000_000);
        for order in 0..3 {
            assert_eq!((batched.next_request(), batched.take_request()), (first, Some(cancel(order))));
        }
        assert_eq!(batched.next_request(), alone.next_request());
    }

    #[test]
    fn a_batch_is_lost_whole() {
        let trips = RoundTrips { requested: &[0, 100], taken: &[0, 0], reported: &[40, 140] };
        let mut wire = Wire::new(Latency::recorded(trips).unwrap());
        wire.open_batch();
        (7..9).for_each(|order| wire.request(cancel(order), 50));
        for order in 7..9 {
            assert_eq!(wire.next_news(), 90);
            assert!(matches!(wire.take_news(), Some(News::Order(report, 0)) if report.order == order));
        }
    }

    #[test]
    fn a_lost_request_comes_back_refused() {
        let trips = RoundTrips { requested: &[0, 100], taken: &[0, 0], reported: &[40, 140] };
        let mut wire = Wire::new(Latency::recorded(trips).unwrap());
        wire.request(cancel(7), 50);
        assert_eq!((wire.next_request(), wire.next_news()), (i64::MAX, 90));
        let what = What::CancelRejected(Refused::Unreachable);
        let report = Report { at: 90, instrument: 0, order: 7, what };
        assert_eq!(wire.take_news(), Some(News::Order(report, 0)));
    }
}
