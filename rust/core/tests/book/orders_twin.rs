//! The plain book of orders that the real one must equal: a list a price, in a tree a side.

use std::collections::BTreeMap;

use tradenode_core::book::{Level, OrderError, RestingOrder};
use tradenode_core::orders::Side;

#[derive(Default)]
pub(crate) struct OrdersTwin {
    sides: [BTreeMap<i64, Vec<RestingOrder>>; 2],
    places: BTreeMap<u64, (Side, i64)>,
}

impl OrdersTwin {
    pub(crate) fn add(&mut self, order: RestingOrder) -> Result<(), OrderError> {
        let RestingOrder { id, side, price, size, .. } = order;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        if self.places.contains_key(&id) {
            return Err(OrderError::Duplicate { id });
        }
        if i64::try_from(self.lots(side, price) + i128::from(size)).is_err() {
            return Err(OrderError::LevelOverflow { id, price, size });
        }
        self.sides[side as usize].entry(price).or_default().push(order);
        self.places.insert(id, (side, price));
        Ok(())
    }

    pub(crate) fn modify(&mut self, id: u64, price: i64, size: i64) -> Result<bool, OrderError> {
        let before = self.order(id).ok_or(OrderError::Unknown { id })?;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        if before.price == price && size <= before.size {
            self.find(id).size = size;
            return Ok(true);
        }
        let grown = if before.price == price { size - before.size } else { size };
        if i64::try_from(self.lots(before.side, price) + i128::from(grown)).is_err() {
            return Err(OrderError::LevelOverflow { id, price, size: grown });
        }
        self.remove(id).unwrap();
        self.add(RestingOrder { price, size, ..before }).unwrap();
        Ok(false)
    }

    pub(crate) fn cancel(&mut self, id: u64, size: i64) -> Result<i64, OrderError> {
        let left = self.order(id).ok_or(OrderError::Unknown { id })?.size;
        if size <= 0 {
            return Err(OrderError::NotPositive { id, size });
        }
        if size > left {
            return Err(OrderError::TooLarge { id, size, left });
        }
        if size == left {
            self.remove(id).unwrap();
        } else {
            self.find(id).size -= size;
        }
        Ok(left - size)
    }

    pub(crate) fn remove(&mut self, id: u64) -> Result<RestingOrder, OrderError> {
        let (side, price) = self.places.remove(&id).ok_or(OrderError::Unknown { id })?;
        let queue = self.sides[side as usize].get_mut(&price).unwrap();
        let order = queue.remove(queue.iter().position(|order| order.id == id).unwrap());
        if queue.is_empty() {
            self.sides[side as usize].remove(&price);
        }
        Ok(order)
    }

    pub(crate) fn clear(&mut self, side: Side) {
        self.sides[side as usize].clear();
        self.places.retain(|_, (each, _)| *each != side);
    }

    pub(crate) fn order(&self, id: u64) -> Option<RestingOrder> {
        let (side, price) = self.places.get(&id)?;
        self.sides[*side as usize][price].iter().copied().find(|order| order.id == id)
    }

    pub(crate) fn ahead(&self, id: u64) -> Option<i64> {
        let (side, price) = self.places.get(&id)?;
        let queue = &self.sides[*side as usize][price];
        Some(queue.iter().take_while(|order| order.id != id).map(|order| order.size).sum())
    }

    pub(crate) fn best(&self, side: Side) -> Option<Level> {
        let levels = &self.sides[side as usize];
        let price = *if side == Side::Buy { levels.keys().next_back() } else { levels.keys().next() }?;
        Some(Level { price, size: i64::try_from(self.lots(side, price)).unwrap() })
    }

    pub(crate) fn front(&self, side: Side) -> Option<RestingOrder> {
        self.sides[side as usize][&self.best(side)?.price].first().copied()
    }

    pub(crate) fn lots(&self, side: Side, price: i64) -> i128 {
        self.sides[side as usize].get(&price).into_iter().flatten().map(|order| i128::from(order.size)).sum()
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = u64> {
        self.places.keys().copied()
    }

    /// The hash as `OrderBook::state_hash` documents it, written down a second time.
    pub(crate) fn state_hash(&self) -> u64 {
        let mut words = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            let mut levels: Vec<_> = self.sides[side as usize].iter().collect();
            if side == Side::Buy {
                levels.reverse();
            }
            for (price, queue) in &levels {
                words.push(**price as u64);
                words.extend(queue.iter().flat_map(|order| [order.id, order.size as u64]));
                words.push(queue.len() as u64);
            }
            words.push(levels.len() as u64);
        }
        crate::levels_twin::hash_of(words)
    }
}

impl OrdersTwin {
    fn find(&mut self, id: u64) -> &mut RestingOrder {
        let (side, price) = self.places[&id];
        let queue = self.sides[side as usize].get_mut(&price).unwrap();
        queue.iter_mut().find(|order| order.id == id).unwrap()
    }
}
