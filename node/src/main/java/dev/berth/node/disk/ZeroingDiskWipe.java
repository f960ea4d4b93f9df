package dev.berth.node.disk;

import dev.berth.node.disk.DeviceReader.Reading;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Wipes by having the kernel write zeros (blkdiscard -z), piece by piece. Each piece is synced and
 * recorded before the next; each child opens the device exclusively.
 */
public final class ZeroingDiskWipe implements DiskWipe {
  private static final long DEFAULT_PIECE_BYTES = 1L << 30;

  private final ChildProcesses children;
  private final BlockDevices devices;
  private final FormatJournal journal;
  private final DeviceReader reader;
  private final RandomGenerator random;
  private final InstantSource clock;
  private final DiskDeadlines deadlines;
  private final long pieceBytes;

  public ZeroingDiskWipe(
      ChildProcesses children,
      BlockDevices devices,
      FormatJournal journal,
      RandomGenerator random,
      InstantSource clock,
      DiskDeadlines deadlines) {
    this(children, devices, journal, random, clock, deadlines, DEFAULT_PIECE_BYTES);
  }

  /**
   * @param pieceBytes how much is zeroed between two records, a multiple of 4096
   */
  ZeroingDiskWipe(
      ChildProcesses children,
      BlockDevices devices,
      FormatJournal journal,
      RandomGenerator random,
      InstantSource clock,
      DiskDeadlines deadlines,
      long pieceBytes) {
    this.children = children;
    this.devices = devices;
    this.journal = journal;
    this.reader = new DeviceReader(children);
    this.random = random;
    this.clock = clock;
    this.deadlines = deadlines;
    this.pieceBytes = pieceBytes;
  }

  @Override
  public Outcome wipe(BlockDevice device, long generation, Progress progress)
      throws IOException, InterruptedException {
    if (generation < 1) {
      throw new IllegalArgumentException("a wipe's generation is at least 1, found " + generation);
    }
    var earlier = journal.wipeOf(device.identity()).filter(wipe -> wipe.generation() == generation);
    if (earlier.filter(WipeRecord::complete).isPresent()) {
      return new Outcome.Done("already wiped");
    }
    var refused = refused(device);
    if (refused.isPresent()) {
      return refused.get();
    }
    var total = device.sizeBytes();
    var wiped = earlier.map(WipeRecord::wipedBytes).orElse(0L);
    record(device, generation, wiped, false);
    while (wiped < total) {
      progress.wiped(wiped, total);
      var length = Math.min(pieceBytes, total - wiped);
      var outcome = zero(device, wiped, length);
      if (!outcome.done()) {
        return outcome;
      }
      wiped += length;
      record(device, generation, wiped, false);
    }
    var outcome = readBack(device);
    if (outcome.done()) {
      record(device, generation, total, true);
      progress.wiped(total, total);
    } else {
      // Something wrote to it meanwhile, or it does not keep what is written: from the beginning.
      record(device, generation, 0, false);
    }
    return outcome;
  }

  private Outcome zero(BlockDevice device, long offset, long length) throws InterruptedException {
    var zeroed =
        run(
            device,
            "blkdiscard",
            "--zeroout",
            "--offset",
            Long.toString(offset),
            "--length",
            Long.toString(length),
            device.node().toString());
    return zeroed.done() ? run(device, "sync", device.node().toString()) : zeroed;
  }

  private Outcome readBack(BlockDevice device) throws InterruptedException {
    var regions = SampleRegions.of(device.sizeBytes(), random);
    var samples = reader.start(device, regions, deadlines.forProbe());
    return switch (DeviceReader.reading(samples.await())) {
      case Reading.Zero(_) -> Outcome.Done.PLAIN;
      case Reading.Data(_, var text) ->
          new Outcome.Failed("wiping " + device + " failed: after it, " + text);
      case Reading.EndsEarly(var text) -> failedToRead(device, text);
      case Reading.Failed(var text) -> failedToRead(device, text);
      case Reading.Busy() -> failedToRead(device, "another program opened it exclusively");
      case Reading.NoAnswer(var text) -> failedToRead(device, text);
      case Reading.ToolMissing(var text) -> new Outcome.ToolMissing("perl", text);
    };
  }

  private static Outcome failedToRead(BlockDevice device, String text) {
    return new Outcome.Failed(
        "wiping " + device + " cannot be confirmed by reading it back: " + text);
  }

  @Override
  public Outcome eraseSignatures(BlockDevice device) throws IOException, InterruptedException {
    var refused = refused(device);
    return refused.isPresent()
        ? refused.get()
        : run(device, "wipefs", "--all", "--quiet", device.node().toString());
  }

  /** Why the device must not be written to; whoever opens it exclusively is met by the child. */
  private Optional<Outcome> refused(BlockDevice device) throws IOException {
    if (device.readOnly()) {
      return Optional.of(new Outcome.Failed("wiping " + device + " refused: it is read-only"));
    }
    return devices
        .use(device)
        .inUse()
        .map(reason -> new Outcome.Failed("wiping " + device + " refused: " + reason));
  }

  private Outcome run(BlockDevice device, String tool, String... arguments)
      throws InterruptedException {
    var command = ChildCommand.of(deadlines.forWork(device), tool, arguments);
    return Outcomes.of("wiping " + device, command, children.run(command));
  }

  private void record(BlockDevice device, long generation, long wiped, boolean complete)
      throws IOException {
    journal.recordWipe(
        new WipeRecord(device.identity(), generation, wiped, clock.instant(), complete));
  }
}
