//! Switches of libtorch that its Rust bindings have no function for: how exact matrix products are.
//!
//! They are found by the names that they have in the library, as its C++ compiler made them, and called as the headers of the
//! version that `setup/pins.json` names declare them. A version without them is an error that says so.

use std::ffi::c_void;

use libloading::os::unix::{Library, Symbol};
use tch::Device;

/// `c10::DeviceType`, a signed byte.
fn device_type(device: Device) -> i8 {
    i8::from(device != Device::Cpu)
}

/// `c10::ScalarType::BFloat16`.
const BFLOAT16: i8 = 15;

/// Whether CUDA may round the factors of single-precision products and convolutions to TF32, ten bits of mantissa. Its library for
/// convolutions does so where nobody forbids it.
pub(crate) fn allow_tf32(allowed: bool) {
    // SAFETY: the types are those of the functions in ATen/Context.h. `globalContext` gives a reference to an object that lives as
    // long as the process; the others are called on it, and take one truth value.
    unsafe {
        let context = function::<unsafe extern "C" fn() -> *mut c_void>("_ZN2at13globalContextEv")();
        for of_library in ["_ZN2at7Context18setAllowTF32CuBLASEb", "_ZN2at7Context17setAllowTF32CuDNNEb"] {
            function::<unsafe extern "C" fn(*mut c_void, bool)>(of_library)(context, allowed);
        }
    }
}

/// Computes matrix products of this thread in bfloat16 meanwhile, and what they are too coarse for in single precision.
pub(crate) fn in_bfloat16<T>(device: Device, work: impl FnOnce() -> T) -> T {
    let _autocast = Autocast::begin(device);
    work()
}

/// While it lives, so does the mode.
struct Autocast(Device);

impl Autocast {
    fn begin(device: Device) -> Self {
        // SAFETY: the types are those of the functions in ATen/autocast_mode.h; all arguments are by value.
        unsafe {
            let set_kind: Symbol<unsafe extern "C" fn(i8, i8)> =
                function("_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE");
            set_kind(device_type(device), BFLOAT16);
        }
        Self::enable(device, true);
        Self(device)
    }

    fn enable(device: Device, enabled: bool) {
        // SAFETY: as above.
        unsafe {
            let enable: Symbol<unsafe extern "C" fn(i8, bool)> =
                function("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb");
            enable(device_type(device), enabled);
        }
    }
}

impl Drop for Autocast {
    /// Forgets the rounded copies of the weights too, which are about to change.
    fn drop(&mut self) {
        Self::enable(self.0, false);
        // SAFETY: as above.
        unsafe { function::<unsafe extern "C" fn()>("_ZN2at8autocast11clear_cacheEv")() }
    }
}

/// A function of the libraries that this program is linked with.
///
/// # Safety
/// The type must be that of the function with this name.
unsafe fn function<T>(name: &str) -> Symbol<T> {
    // SAFETY: whoever asks vouches for the type; the program's own libraries are never unloaded.
    let found = unsafe { Library::this().get(name.as_bytes()) };
    found.unwrap_or_else(|error| panic!("libtorch has no `{name}`, which the pinned version has: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switches_are_there() {
        allow_tf32(false);
        assert_eq!(in_bfloat16(Device::Cpu, || 7), 7);
    }
}
