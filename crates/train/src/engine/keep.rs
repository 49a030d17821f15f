//! What is made once on a GPU, and anew on the host each time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tch::Device;

/// Of which part of the ratings, and from which row on.
pub(crate) type Place = (usize, u32);

/// Things by their place.
#[derive(Debug)]
pub(crate) struct Keep<T>(RefCell<BTreeMap<Place, Rc<T>>>);

impl<T> Default for Keep<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Keep<T> {
    /// What `make` makes, or has made for this place. The host makes it from what it has in memory anyway, and keeps no copy.
    pub(crate) fn get(&self, device: Device, place: Place, make: impl FnOnce() -> T) -> Rc<T> {
        if device == Device::Cpu {
            return Rc::new(make());
        }
        Rc::clone(self.0.borrow_mut().entry(place).or_insert_with(|| Rc::new(make())))
    }
}
