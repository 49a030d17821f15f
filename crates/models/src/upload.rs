//! Numbers that were made on the host, on their way to the device.

use tch::kind::Element;
use tch::{Device, Tensor};

/// These numbers on a device `[numbers]`. The host goes on at once: a GPU takes the copy, from memory that is not moved meanwhile,
/// when it is done with what it was given before.
pub fn upload<T: Element>(numbers: &[T], device: Device) -> Tensor {
    let on_host = Tensor::from_slice(numbers);
    if device == Device::Cpu || numbers.is_empty() {
        return on_host.to_device(device);
    }
    on_host.internal_pin_memory(device).to_device_(device, on_host.kind(), true, false)
}
