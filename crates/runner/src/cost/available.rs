//! How much memory this process may come to hold.

use std::fs;
use std::path::Path;

use crate::environment::resident_memory;

/// Bytes, those that it holds already included; nothing where the system does not tell.
pub fn available() -> Option<u64> {
    let held = resident_memory()?;
    let of_machine = meminfo(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    Some(held + of_group(Path::new("/sys/fs/cgroup"), &groups).map_or(of_machine, |group| group.min(of_machine)))
}

/// `MemAvailable` of `/proc/meminfo`.
fn meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// What is left of the limits of the control group that `/proc/self/cgroup` names, and of those above it: of version 2 or 1.
fn of_group(root: &Path, groups: &str) -> Option<u64> {
    let left = |line: &str| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let (root, limit, used, cached) = match controllers {
            "" => (root.to_owned(), "memory.max", "memory.current", "inactive_file "),
            _ if controllers.split(',').any(|name| name == "memory") => {
                (root.join("memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
            }
            _ => return None,
        };
        let folder = root.join(path.trim_start_matches('/'));
        folder
            .ancestors()
            .take_while(|folder| folder.starts_with(&root))
            .filter_map(|f| rest(f, limit, used, cached))
            .min()
    };
    groups.lines().filter_map(left).min()
}

/// The limit of one group without what is used of it; what files left in the page cache can be taken back.
fn rest(folder: &Path, limit: &str, used: &str, cached: &str) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
    let statistics = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let cached = statistics.lines().find_map(|line| line.strip_prefix(cached)?.trim().parse().ok()).unwrap_or(0);
    Some(number(limit)?.saturating_sub(number(used)?.saturating_sub(cached)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_has_is_read_in_bytes() {
        assert_eq!(meminfo("MemTotal:       24689764 kB\nMemAvailable:     2048 kB\n"), Some(2 << 20));
        assert_eq!(meminfo("MemTotal:       24689764 kB\n"), None);
    }

    #[test]
    fn the_tightest_limit_of_a_group_and_those_above_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("memory.max", "max\n");
        write("jobs/memory.max", "1000\n");
        write("jobs/memory.current", "600\n");
        write("jobs/memory.stat", "anon 500\ninactive_file 50\n");
        write("jobs/one/memory.max", "5000\n");
        write("jobs/one/memory.current", "10\n");
        write("memory/old/memory.limit_in_bytes", "900\n");
        write("memory/old/memory.usage_in_bytes", "100\n");
        for (groups, left) in [
            ("0::/\n", None),
            ("0::/jobs/one\n", Some(450)),
            ("0::/gone\n", None),
            ("5:cpu,memory:/old\n4:pids:/old\n", Some(800)),
            ("", None),
        ] {
            assert_eq!(of_group(root.path(), groups), left, "{groups}");
        }
    }

    #[test]
    fn this_process_may_hold_more_than_it_does() {
        if let (Some(available), Some(held)) = (available(), resident_memory()) {
            assert!(available > held);
        }
    }
}
