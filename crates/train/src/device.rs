//! Where tensors live: the CPU, or a GPU whose libraries are loaded when somebody asks for one.
//!
//! The binary links only the CPU part of libtorch. The CUDA part registers itself when it is loaded, which must happen
//! before libtorch is first asked whether there is a GPU, because it remembers the answer.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
use tch::{Cuda, Device};

/// What the user asked for: `auto`, `cpu`, `cuda` or `cuda:1`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU if there is one that works, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// This GPU or an error; never the CPU instead.
    Cuda(usize),
}

/// Why there is no such GPU.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeviceError {
    /// The CUDA part of libtorch is not installed or not complete.
    #[error(
        "no GPU: libtorch's CUDA part cannot be loaded ({reason}); \
         install it with `./bootstrap.sh gpu`, or use `--device cpu`"
    )]
    NotInstalled {
        /// What the loader said.
        reason: String,
    },
    /// The libraries are there, the driver or the hardware is not.
    #[error(
        "no GPU: libtorch's CUDA part is installed, but it finds no NVIDIA driver or no device; \
         install the NVIDIA driver (580 or later for CUDA 13; `nvidia-smi` shows it), or use `--device cpu`"
    )]
    NoDriver,
    /// There are GPUs, but fewer.
    #[error("no GPU number {asked}: this machine has {count}, numbered from 0")]
    NoSuchGpu {
        /// The number asked for.
        asked: usize,
        /// How many there are.
        count: i64,
    },
}

impl DeviceChoice {
    /// The device to put tensors on.
    ///
    /// # Errors
    /// When a GPU was asked for by name and cannot be used.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(asked) => open_gpu(asked),
            Self::Auto => Ok(open_gpu(0).unwrap_or_else(|reason| {
                tracing::debug!("using the CPU: {reason}");
                Device::Cpu
            })),
        }
    }
}

fn open_gpu(asked: usize) -> Result<Device, DeviceError> {
    load_cuda()?;
    match Cuda::device_count() {
        0 => Err(DeviceError::NoDriver),
        count if (asked as i64) < count => Ok(Device::Cuda(asked)),
        count => Err(DeviceError::NoSuchGpu { asked, count }),
    }
}

/// Loads `libtorch_cuda.so` from wherever the loader finds libtorch itself, once, and keeps it.
fn load_cuda() -> Result<(), DeviceError> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        // SAFETY: the initialisers of libtorch's own library only register its kernels; it is never unloaded.
        let library = unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) };
        library.map(std::mem::forget).map_err(|error| loader_message(&error))
    });
    loaded.clone().map_err(|reason| DeviceError::NotInstalled { reason })
}

/// What the loader itself said, which the error keeps as its source.
fn loader_message(error: &libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` is not a device; expected `auto`, `cpu`, `cuda` or `cuda:N`");
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text.strip_prefix("cuda:").and_then(|n| n.parse().ok()).map(Self::Cuda).ok_or_else(unknown),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(number) => write!(formatter, "cuda:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_and_written_alike() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(0)),
            ("cuda:3", DeviceChoice::Cuda(3)),
        ] {
            assert_eq!(text.parse(), Ok(choice));
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for wrong in ["gpu", "cuda:", "cuda:x", "CPU", ""] {
            assert!(wrong.parse::<DeviceChoice>().unwrap_err().contains("expected `auto`"), "{wrong}");
        }
    }

    #[test]
    fn a_gpu_that_does_not_exist_is_an_error_that_says_what_to_do() {
        let error = DeviceChoice::Cuda(4096).open().unwrap_err();
        assert!(error.to_string().contains("no GPU"), "{error}");
        assert!(DeviceChoice::Auto.open().is_ok());
    }
}
