package dev.berth.node.disk;

import dev.berth.node.disk.BlankVerdict.Blank;
import dev.berth.node.disk.BlankVerdict.Reason;
import dev.berth.node.disk.BlankVerdict.Refused;
import dev.berth.node.disk.DeviceReader.Reading;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.RunningChild;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Proves blankness by two readers at once, each in a child: wipefs for signatures, and {@link
 * DeviceReader} for samples, which also holds the device exclusively meanwhile. They have no code
 * in common, and each alone sees every signature there is: the samples cover the places where the
 * library that wipefs and blkid share looks for one. What the kernel's tables say of its use is
 * asked while they read, and after.
 */
public final class SampledBlankProof implements BlankProof {
  private final ChildProcesses children;
  private final BlockDevices devices;
  private final DeviceReader reader;
  private final RandomGenerator random;
  private final DiskDeadlines deadlines;
  private final MountNamespaces elsewhere = new MountNamespaces(Path.of("/proc"));
  private final JsonMapper json = JsonMapper.shared();

  /**
   * @param random chooses the samples: not predictable, so that no data hides between them for ever
   */
  public SampledBlankProof(
      ChildProcesses children,
      BlockDevices devices,
      RandomGenerator random,
      DiskDeadlines deadlines) {
    this.children = children;
    this.devices = devices;
    this.reader = new DeviceReader(children);
    this.random = random;
    this.deadlines = deadlines;
  }

  @Override
  public BlankVerdict verify(BlockDevice device, Demand demand)
      throws IOException, InterruptedException {
    var unfit = unfit(device, demand);
    if (unfit.isPresent()) {
      return unfit.get();
    }
    var regions = SampleRegions.of(device.sizeBytes(), random);
    var readers =
        List.of(
            reader.start(device, regions, deadlines.forProbe()), children.start(wipefs(device)));
    try {
      // While they read; they are seen to their ends also when somebody uses it.
      var used = used(device, demand);
      var samples = DeviceReader.reading(readers.get(0).await());
      var wipefs = readers.get(1).await();
      var verdict = used.or(() -> judge(device, demand, samples, wipefs));
      if (verdict.isPresent()) {
        return verdict.get();
      }
    } finally {
      readers.forEach(RunningChild::cancel);
    }
    var changed = changed(device, demand);
    if (changed.isPresent()) {
      return changed.get();
    }
    var bytes = regions.stream().mapToLong(SampleRegions.Region::length).sum();
    return new Blank(
        List.of(
            "identity " + device.identity(),
            "not mounted, held, partitioned, swapped on or opened exclusively",
            demand.anyway()
                ? "whatever is on it may be destroyed, as its administrator says"
                : "wipefs knows no signature",
            demand.wiped()
                ? "wiped by us and unused since; %d bytes in %d regions are readable"
                    .formatted(bytes, regions.size())
                : "%d bytes in %d regions read zero".formatted(bytes, regions.size())));
  }

  private ChildCommand wipefs(BlockDevice device) {
    return ChildCommand.of(
        deadlines.forProbe(), "wipefs", "--no-act", "--json", device.node().toString());
  }

  /** What is wrong with the device itself. */
  private static Optional<Refused> unfit(BlockDevice device, Demand demand) {
    if (device.sizeBytes() == 0) {
      return refused(
          Reason.UNREADABLE,
          device + " has no medium or size 0",
          "check the disk and its cable or backing file");
    }
    if (device.sizeBytes() < demand.minimumBytes()) {
      return refused(
          Reason.TOO_SMALL,
          "%s has %d bytes; expected at least %d, the volume's capacity"
              .formatted(device, device.sizeBytes(), demand.minimumBytes()),
          "correct spec.capacity of the volume, or use a larger disk");
    }
    if (device.readOnly()) {
      return refused(
          Reason.READ_ONLY,
          device + " is read-only; expected a device that can be written to",
          "make it writable (blockdev --setrw), or let the volume be mounted read-only");
    }
    return Optional.empty();
  }

  /** Who uses the device. */
  private Optional<Refused> used(BlockDevice device, Demand demand) throws IOException {
    var use = devices.use(device);
    var why = use.inUse().map(reason -> device + " is in use: " + reason);
    if (!use.partitions().isEmpty() && !demand.anyway()) {
      return refused(
          Reason.PARTITIONED,
          device + " has partitions (" + String.join(", ", use.partitions()) + ")",
          "name a partition as the volume's path, or erase the partition table ("
              + erase(device)
              + ") if nothing on the disk is needed");
    }
    if (!use.mounts().isEmpty()) {
      return refused(Reason.MOUNTED, why.orElseThrow(), "unmount it, or name the right device");
    }
    if (!use.swap().isEmpty()) {
      return refused(Reason.SWAP, why.orElseThrow(), "swapoff, or name the right device");
    }
    if (!use.holders().isEmpty()) {
      return refused(
          Reason.HELD, why.orElseThrow(), "take it out of there, or name the right device");
    }
    return Optional.empty();
  }

  private Optional<Refused> judge(
      BlockDevice device, Demand demand, Reading samples, ChildResult wipefs) {
    return unreadable(device, samples)
        .or(() -> signature(device, wipefs))
        .or(() -> data(device, demand, samples))
        .filter(refused -> !demand.anyway() || !refused.reason().content());
  }

  private Optional<Refused> unreadable(BlockDevice device, Reading samples) {
    return switch (samples) {
      case Reading.Zero(var bytes) -> resized(device, bytes);
      case Reading.Data(var bytes, _) -> resized(device, bytes);
      case Reading.EndsEarly(var text) ->
          refused(Reason.SHORT_READ, unreadableText(device, text), SICK);
      case Reading.Failed(var text) ->
          refused(Reason.UNREADABLE, unreadableText(device, text), SICK);
      case Reading.Busy() ->
          refused(
              Reason.OPENED,
              elsewhere
                  .mountOf(device)
                  .map(mount -> device + " is in use: " + mount)
                  .orElse(device + " is opened exclusively by another program"),
              "find it (fuser -v " + device.node() + ") and stop it, or name the right device");
      case Reading.NoAnswer(var text) ->
          refused(Reason.NO_ANSWER, device + " does not answer: " + text, SICK);
      case Reading.ToolMissing(var text) ->
          refused(Reason.TOOL_MISSING, device + " cannot be examined", text);
    };
  }

  private static final String SICK =
      "look at the kernel log (dmesg) and check or replace the disk; nothing was written";

  private static String unreadableText(BlockDevice device, String text) {
    return device + " cannot be read, so it is not known to be blank: " + text;
  }

  private static Optional<Refused> resized(BlockDevice device, long bytes) {
    return bytes == device.sizeBytes()
        ? Optional.empty()
        : refused(
            Reason.CHANGED,
            "%s had %d bytes a moment ago and has %d now"
                .formatted(device, device.sizeBytes(), bytes),
            "nothing to do: it is examined again");
  }

  private Optional<Refused> signature(BlockDevice device, ChildResult wipefs) {
    return switch (wipefs) {
      case ChildResult.Exited exited -> {
        var found = exited.ok() ? signatures(exited.out()) : null;
        if (found == null) {
          yield refused(
              Reason.UNREADABLE,
              unreadableText(device, "wipefs ended with " + exited.code() + ": " + exited.said()),
              SICK);
        }
        yield found.isEmpty()
            ? Optional.empty()
            : notBlank(Reason.SIGNATURE, device, String.join(", ", found));
      }
      case ChildResult.Killed killed ->
          refused(
              Reason.NO_ANSWER,
              device + " does not answer: wipefs was ended (" + killed.cause() + ")",
              SICK);
      case ChildResult.Abandoned abandoned ->
          refused(
              Reason.NO_ANSWER,
              device + " does not answer: wipefs (process " + abandoned.pid() + ") is stuck",
              SICK);
      case ChildResult.NotStarted missing ->
          refused(Reason.TOOL_MISSING, device + " cannot be examined", missing.reason());
    };
  }

  /** What wipefs lists; null when it cannot be understood. */
  private @Nullable List<String> signatures(String out) {
    try {
      var listed = json.readTree(out).get("signatures");
      if (listed == null || !listed.isArray()) {
        return null;
      }
      return listed
          .valueStream()
          .map(
              each ->
                  "a signature of type %s at byte %s"
                      .formatted(
                          each.path("type").asString("unknown"), each.path("offset").asString("?")))
          .toList();
    } catch (JacksonException e) {
      return null;
    }
  }

  private static Optional<Refused> data(BlockDevice device, Demand demand, Reading samples) {
    return samples instanceof Reading.Data(_, var text) && !demand.wiped()
        ? notBlank(Reason.NOT_ZERO, device, "data of no known kind: " + text)
        : Optional.empty();
  }

  private static Optional<Refused> notBlank(Reason reason, BlockDevice device, String found) {
    return refused(
        reason,
        device + " is not blank: expected nothing on it, found " + found,
        "if nothing on it is needed, erase it (" + erase(device) + "), else name the right device");
  }

  private static String erase(BlockDevice device) {
    return "wipefs -a " + device.node() + " && blkdiscard -z " + device.node();
  }

  /** Whether it is still the same device, unused. */
  private Optional<Refused> changed(BlockDevice device, Demand demand) throws IOException {
    if (devices.same(device.asked(), device)
        || (devices.find(device.asked()) instanceof DeviceLookup.Found(var now)
            && now.identity().equals(device.identity()))) {
      return used(device, demand);
    }
    return refused(
        Reason.CHANGED,
        device + " became another device while it was examined",
        "nothing to do: it is examined again");
  }

  private static Optional<Refused> refused(Reason reason, String found, String remedy) {
    return Optional.of(new Refused(reason, found + "; " + remedy));
  }
}
