package dev.berth.node.runtime;

import dev.berth.node.linux.DeviceNumber;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the config.json of an OCI bundle (opencontainers/runtime-spec 1.0) for a container: mount,
 * pid, ipc and uts namespaces of its own, the host's network.
 *
 * @param argv what to run
 * @param gid the primary group
 * @param cgroupPath of the container's control group, from the root of each hierarchy
 * @param devices that it may use beyond the usual ones
 * @param limitSwap whether this host can limit memory and swap together
 * @param capabilities of the process, with the CAP_ prefix
 * @param rights what can be handed on to it
 */
record OciConfig(
    ContainerSpec spec,
    ContainerPaths paths,
    List<String> argv,
    long gid,
    String cgroupPath,
    List<DeviceNode> devices,
    boolean limitSwap,
    List<String> capabilities,
    OwnRights rights) {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** A fork bomb must end before it takes all of the host's process numbers. */
  private static final int PROCESSES = 16_384;

  private static final long CPU_PERIOD_MICROS = 100_000;

  /** What the kernel shows of the host that containers have no business to read. */
  private static final List<String> MASKED =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");

  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  /**
   * A device file to make in the container.
   *
   * @param type 'b' or 'c'
   * @param permissions the mode of the host's device file
   */
  record DeviceNode(
      String path, char type, DeviceNumber number, int permissions, int gid, boolean readOnly) {

    private static final int OWNER_AND_GROUP = 0660;

    /** The same device for root and the processes of a group. */
    DeviceNode ofGroup(long group) {
      return new DeviceNode(path, type, number, OWNER_AND_GROUP, Math.toIntExact(group), readOnly);
    }
  }

  ObjectNode toJson() {
    var config = JSON.objectNode();
    config.put("ociVersion", "1.0.2");
    config.set("process", process());
    config
        .putObject("root")
        .put("path", paths.rootfs().toString())
        .put("readonly", spec.security().readOnlyRootFilesystem());
    config.put("hostname", spec.hostname());
    config.set("mounts", mounts());
    config.set("linux", linux());
    return config;
  }

  private ObjectNode process() {
    var security = spec.security();
    var process = JSON.objectNode();
    process.put("terminal", spec.process().tty());
    var user = process.putObject("user");
    user.put("uid", uid(security)).put("gid", gid);
    var groups = user.putArray("additionalGids");
    security.supplementalGroups().forEach(groups::add);
    addAll(process.putArray("args"), argv);
    addAll(process.putArray("env"), environment());
    var workingDir = spec.process().workingDir();
    process.put("cwd", workingDir == null || workingDir.isEmpty() ? "/" : workingDir);
    var sets = process.putObject("capabilities");
    for (var set : List.of("bounding", "effective", "permitted")) {
      addAll(sets.putArray(set), capabilities);
    }
    process.put("noNewPrivileges", !security.allowPrivilegeEscalation() && !security.privileged());
    process.put(
        "oomScoreAdj", Math.max(spec.resources().oomScoreAdjust(), rights.leastOomScoreAdjust()));
    process
        .putArray("rlimits")
        .addObject()
        .put("type", "RLIMIT_NOFILE")
        .put("soft", rights.openFiles())
        .put("hard", rights.openFiles());
    return process;
  }

  static long uid(ContainerSecurity security) {
    var user = security.runAsUser();
    return user == null ? 0 : user;
  }

  private List<String> environment() {
    var given = spec.process().env();
    var environment = new ArrayList<String>();
    if (!given.containsKey("PATH")) {
      environment.add(PATH);
    }
    if (!given.containsKey("HOSTNAME")) {
      environment.add("HOSTNAME=" + spec.hostname());
    }
    if (spec.process().tty() && !given.containsKey("TERM")) {
      environment.add("TERM=xterm");
    }
    given.forEach((name, value) -> environment.add(name + "=" + value));
    return environment;
  }

  private ArrayNode mounts() {
    var security = spec.security();
    var mounts = JSON.arrayNode();
    kernelMount(mounts, "/proc", "proc");
    kernelMount(mounts, "/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
    kernelMount(
        mounts,
        "/dev/pts",
        "devpts",
        "nosuid",
        "noexec",
        "newinstance",
        "ptmxmode=0666",
        "mode=0620",
        "gid=5");
    if (security.hostIpc()) {
      bind(mounts, Path.of("/dev/shm"), "/dev/shm", "rbind", "rprivate");
      bind(mounts, Path.of("/dev/mqueue"), "/dev/mqueue", "rbind", "rprivate");
    } else {
      kernelMount(
          mounts, "/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k");
      kernelMount(mounts, "/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev");
    }
    var access = security.privileged() ? "rw" : "ro";
    kernelMount(mounts, "/sys", "sysfs", "nosuid", "noexec", "nodev", access);
    kernelMount(
        mounts, "/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", access);
    var etc = security.readOnlyRootFilesystem() ? "ro" : "rw";
    bind(mounts, paths.hosts(), "/etc/hosts", "bind", "rprivate", etc);
    bind(mounts, paths.resolvConf(), "/etc/resolv.conf", "bind", "rprivate", etc);
    bind(mounts, paths.hostname(), "/etc/hostname", "bind", "rprivate", etc);
    bind(
        mounts,
        paths.terminationMessage(),
        spec.terminationMessage().path(),
        "bind",
        "rprivate",
        "rw");
    // A mount below another one must come after it, whatever the order in the pod.
    spec.mounts().stream()
        .sorted(Comparator.comparingInt(mount -> Path.of(mount.containerPath()).getNameCount()))
        .forEach(
            mount ->
                bind(
                    mounts,
                    mount.hostPath(),
                    mount.containerPath(),
                    "rbind",
                    propagation(mount.propagation()),
                    access(mount)));
    return mounts;
  }

  private static String access(ContainerMount mount) {
    if (!mount.readOnly()) {
      return "rw";
    }
    return mount.allReadOnly() ? "rro" : "ro";
  }

  private static void kernelMount(
      ArrayNode mounts, String destination, String type, String... options) {
    var mount = mounts.addObject();
    mount.put("destination", destination).put("type", type).put("source", type);
    addAll(mount.putArray("options"), List.of(options));
  }

  private static void bind(ArrayNode mounts, Path source, String destination, String... options) {
    var mount = mounts.addObject();
    mount.put("destination", destination).put("type", "bind").put("source", source.toString());
    addAll(mount.putArray("options"), List.of(options));
  }

  private static String propagation(ContainerMount.Propagation propagation) {
    return switch (propagation) {
      case NONE -> "rprivate";
      case HOST_TO_CONTAINER -> "rslave";
      case BIDIRECTIONAL -> "rshared";
    };
  }

  private ObjectNode linux() {
    var security = spec.security();
    var linux = JSON.objectNode();
    linux.put("cgroupsPath", cgroupPath);
    linux.put("rootfsPropagation", rootPropagation());
    linux.set("resources", resources());
    var namespaces = linux.putArray("namespaces");
    namespaces.addObject().put("type", "mount");
    namespaces.addObject().put("type", "uts");
    if (!security.hostPid()) {
      namespaces.addObject().put("type", "pid");
    }
    if (!security.hostIpc()) {
      namespaces.addObject().put("type", "ipc");
    }
    var nodes = linux.putArray("devices");
    for (var device : devices) {
      nodes
          .addObject()
          .put("path", device.path())
          .put("type", String.valueOf(device.type()))
          .put("major", device.number().major())
          .put("minor", device.number().minor())
          .put("fileMode", device.permissions())
          .put("uid", 0)
          .put("gid", device.gid());
    }
    addAll(linux.putArray("maskedPaths"), security.privileged() ? List.of() : MASKED);
    addAll(linux.putArray("readonlyPaths"), security.privileged() ? List.of() : READ_ONLY);
    return linux;
  }

  private String rootPropagation() {
    var widest =
        spec.mounts().stream()
            .map(ContainerMount::propagation)
            .max(Comparator.naturalOrder())
            .orElse(ContainerMount.Propagation.NONE);
    return propagation(widest);
  }

  private ObjectNode resources() {
    var limits = spec.resources();
    var resources = JSON.objectNode();
    var rules = resources.putArray("devices");
    rules.addObject().put("allow", spec.security().privileged()).put("access", "rwm");
    for (var device : devices) {
      rules
          .addObject()
          .put("allow", true)
          .put("type", String.valueOf(device.type()))
          .put("major", device.number().major())
          .put("minor", device.number().minor())
          .put("access", device.readOnly() ? "rm" : "rwm");
    }
    if (limits.memoryLimitBytes() > 0) {
      var memory = resources.putObject("memory").put("limit", limits.memoryLimitBytes());
      if (limitSwap) {
        memory.put("swap", limits.memoryLimitBytes());
      }
    }
    var cpu = resources.putObject("cpu");
    cpu.put("shares", Math.max(2, limits.cpuRequestMillis() * 1024 / 1000));
    if (limits.cpuLimitMillis() > 0) {
      cpu.put("period", CPU_PERIOD_MICROS);
      cpu.put("quota", Math.max(1000, limits.cpuLimitMillis() * CPU_PERIOD_MICROS / 1000));
    }
    resources.putObject("pids").put("limit", PROCESSES);
    return resources;
  }

  private static void addAll(ArrayNode array, List<String> values) {
    values.forEach((@Nullable String value) -> array.add(value));
  }
}
