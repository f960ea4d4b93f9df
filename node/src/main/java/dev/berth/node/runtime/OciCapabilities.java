package dev.berth.node.runtime;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which of the kernel's capabilities (capabilities(7)) a container's process gets. */
final class OciCapabilities {
  /** In the order of their numbers. */
  private static final List<String> ALL =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "DAC_READ_SEARCH",
          "FOWNER",
          "FSETID",
          "KILL",
          "SETGID",
          "SETUID",
          "SETPCAP",
          "LINUX_IMMUTABLE",
          "NET_BIND_SERVICE",
          "NET_BROADCAST",
          "NET_ADMIN",
          "NET_RAW",
          "IPC_LOCK",
          "IPC_OWNER",
          "SYS_MODULE",
          "SYS_RAWIO",
          "SYS_CHROOT",
          "SYS_PTRACE",
          "SYS_PACCT",
          "SYS_ADMIN",
          "SYS_BOOT",
          "SYS_NICE",
          "SYS_RESOURCE",
          "SYS_TIME",
          "SYS_TTY_CONFIG",
          "MKNOD",
          "LEASE",
          "AUDIT_WRITE",
          "AUDIT_CONTROL",
          "SETFCAP",
          "MAC_OVERRIDE",
          "MAC_ADMIN",
          "SYSLOG",
          "WAKE_ALARM",
          "BLOCK_SUSPEND",
          "AUDIT_READ",
          "PERFMON",
          "BPF",
          "CHECKPOINT_RESTORE");

  /** What containers of all well-known engines get. */
  private static final Set<String> USUAL =
      Set.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "FSETID",
          "FOWNER",
          "MKNOD",
          "NET_RAW",
          "SETGID",
          "SETUID",
          "SETFCAP",
          "SETPCAP",
          "NET_BIND_SERVICE",
          "SYS_CHROOT",
          "KILL",
          "AUDIT_WRITE");

  private OciCapabilities() {}

  /**
   * The capabilities of a process, with the CAP_ prefix, in the kernel's order.
   *
   * @param rights what this process can give; of the usual ones it gives what it can
   * @throws ContainerFailure CONFIG_INVALID for a name that does not exist, or that the pod adds
   *     and this process cannot give
   */
  static List<String> of(ContainerSecurity security, OwnRights rights) throws ContainerFailure {
    var known = ALL.stream().filter(name -> rights.has(ALL.indexOf(name))).toList();
    var wanted = new LinkedHashSet<>(security.privileged() ? known : USUAL);
    if (!security.privileged()) {
      for (var name : security.dropCapabilities()) {
        var plain = plain(name);
        if (plain.equals("ALL")) {
          wanted.clear();
        } else {
          wanted.remove(checked(plain));
        }
      }
      for (var name : security.addCapabilities()) {
        var plain = plain(name);
        if (plain.equals("ALL")) {
          wanted.addAll(known);
        } else {
          if (!known.contains(checked(plain))) {
            throw new ContainerFailure(
                ContainerFailure.Reason.CONFIG_INVALID,
                "securityContext.capabilities adds %s, which this node's server does not have itself"
                    .formatted(plain));
          }
          wanted.add(plain);
        }
      }
    }
    return known.stream().filter(wanted::contains).map(name -> "CAP_" + name).toList();
  }

  private static String plain(String name) {
    var upper = name.toUpperCase(Locale.ROOT);
    return upper.startsWith("CAP_") ? upper.substring(4) : upper;
  }

  private static String checked(String plain) throws ContainerFailure {
    if (!ALL.contains(plain)) {
      throw new ContainerFailure(
          ContainerFailure.Reason.CONFIG_INVALID,
          "securityContext.capabilities names \"%s\", which is no capability of Linux"
              .formatted(plain));
    }
    return plain;
  }
}
