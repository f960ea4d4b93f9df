package dev.berth.node;

import dev.berth.core.model.Quantity;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What this host is and has, as measured.
 *
 * @param capacity cpu, memory, pods, ephemeral-storage
 * @param allocatable what of it pods may ask for
 * @param info the members of {@code status.nodeInfo}, without the runtime's version
 * @param address by which the node and its pods are reached
 */
public record NodeFacts(
    Map<String, Quantity> capacity,
    Map<String, Quantity> allocatable,
    Map<String, String> info,
    String architecture,
    String address) {

  private static final int MOST_PODS = 110;
  private static final long MEMORY_RESERVE_BYTES = 100L << 20;
  private static final int DISK_RESERVE_PERCENT = 10;
  private static final String LOOPBACK = "127.0.0.1";

  /**
   * Measures.
   *
   * @param root the node's directory: its file system is the pods' ephemeral storage
   */
  public static NodeFacts measure(Path root, String version) throws IOException {
    var cpus = Runtime.getRuntime().availableProcessors();
    var memory = memoryBytes();
    var disk = Files.getFileStore(root).getTotalSpace();
    var architecture = hostArchitecture();
    return new NodeFacts(
        resources(cpus, memory, disk),
        resources(
            cpus,
            Math.max(0, memory - MEMORY_RESERVE_BYTES),
            disk / 100 * (100 - DISK_RESERVE_PERCENT)),
        info(architecture, version),
        architecture,
        hostAddress());
  }

  public String bootId() {
    return info.getOrDefault("bootID", "");
  }

  public long memory() {
    return capacity.getOrDefault("memory", Quantity.ZERO).ceiling();
  }

  private static Map<String, Quantity> resources(int cpus, long memory, long disk) {
    var resources = new LinkedHashMap<String, Quantity>();
    resources.put("cpu", Quantity.of(cpus));
    resources.put("memory", Quantity.ofBytes(memory));
    resources.put("pods", Quantity.of(MOST_PODS));
    resources.put("ephemeral-storage", Quantity.ofBytes(disk));
    return resources;
  }

  private static long memoryBytes() throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("/proc/meminfo has no MemTotal");
  }

  private static Map<String, String> info(String architecture, String version) throws IOException {
    var info = new LinkedHashMap<String, String>();
    info.put("architecture", architecture);
    info.put("bootID", text("/proc/sys/kernel/random/boot_id"));
    info.put("kernelVersion", text("/proc/sys/kernel/osrelease"));
    info.put("kubeletVersion", version);
    info.put("kubeProxyVersion", "");
    info.put("machineID", optional("/etc/machine-id"));
    info.put("operatingSystem", "linux");
    info.put("osImage", osImage());
    info.put("systemUUID", optional("/sys/class/dmi/id/product_uuid"));
    return info;
  }

  private static String osImage() {
    return optional("/etc/os-release")
        .lines()
        .filter(line -> line.startsWith("PRETTY_NAME="))
        .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
        .findFirst()
        .orElse("Linux");
  }

  private static String text(String file) throws IOException {
    return Files.readString(Path.of(file)).strip();
  }

  private static String optional(String file) {
    try {
      return text(file);
    } catch (IOException e) {
      return "";
    }
  }

  private static String hostArchitecture() {
    var arch = System.getProperty("os.arch", "");
    return switch (arch) {
      case "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> arch;
    };
  }

  private static String hostAddress() throws IOException {
    return NetworkInterface.networkInterfaces()
        .filter(NodeFacts::usable)
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLinkLocalAddress())
        .map(address -> String.valueOf(address.getHostAddress()))
        .findFirst()
        .orElse(LOOPBACK);
  }

  private static boolean usable(NetworkInterface network) {
    try {
      return network.isUp() && !network.isLoopback() && !network.isVirtual();
    } catch (IOException e) {
      return false;
    }
  }
}
