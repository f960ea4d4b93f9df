package dev.berth.node.disk;

import dev.berth.core.model.WipeMethod;
import dev.berth.node.disk.DeviceReader.Reading;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Wipes piece by piece. Before each piece it is asked again whether the device is still the one
 * that was named and whether anybody uses it; each piece is synced and recorded before the next.
 */
public final class PiecewiseDiskWipe implements DiskWipe {
  private final ChildProcesses children;
  private final BlockDevices devices;
  private final FormatJournal journal;
  private final DeviceReader reader;
  private final SignatureProbe signatures;
  private final RandomGenerator random;
  private final InstantSource clock;
  private final DiskDeadlines deadlines;
  private final WipePace pace;
  private final MountNamespaces elsewhere = new MountNamespaces(Path.of("/proc"));

  public PiecewiseDiskWipe(
      ChildProcesses children,
      BlockDevices devices,
      FormatJournal journal,
      RandomGenerator random,
      InstantSource clock,
      DiskDeadlines deadlines,
      WipePace pace) {
    this.children = children;
    this.devices = devices;
    this.journal = journal;
    this.reader = new DeviceReader(children);
    this.signatures = new SignatureProbe(children, deadlines.forProbe());
    this.random = random;
    this.clock = clock;
    this.deadlines = deadlines;
    this.pace = pace;
  }

  /** A wipe in hand. */
  private record Job(BlockDevice device, long generation, WipeMethod method, Progress progress) {

    long totalBytes() {
      // What only removes signatures still counts as one way over the device.
      return device.sizeBytes() * Math.max(1, WipePass.of(method).size());
    }
  }

  @Override
  public Outcome wipe(BlockDevice device, long generation, WipeMethod method, Progress progress)
      throws IOException, InterruptedException {
    if (generation < 1) {
      throw new IllegalArgumentException("a wipe's generation is at least 1, found " + generation);
    }
    var job = new Job(device, generation, method, progress);
    var earlier =
        journal
            .wipeOf(device.identity())
            .filter(wipe -> wipe.generation() == generation && wipe.method() == method);
    if (earlier.filter(WipeRecord::complete).isPresent()) {
      return new Outcome.Done("already wiped");
    }
    var refused = refused(device);
    if (refused.isPresent()) {
      return refused.get();
    }
    var written = write(job, earlier.map(WipeRecord::wipedBytes).orElse(0L));
    if (!written.done()) {
      return written;
    }
    var outcome = finish(job);
    if (outcome.done()) {
      outcome = forgetPartitions(device);
    }
    if (outcome.done()) {
      record(job, job.totalBytes(), true);
      progress.wiped(job.totalBytes(), job.totalBytes());
    } else {
      // Something wrote to it meanwhile, or it does not keep what is written: from the beginning.
      record(job, 0, false);
    }
    return outcome;
  }

  /** All passes from a position on, until everything is written and synced. */
  private Outcome write(Job job, long from) throws IOException, InterruptedException {
    var size = job.device().sizeBytes();
    var passes = WipePass.of(job.method());
    var done = from;
    record(job, done, false);
    while (done < size * passes.size()) {
      if (!job.progress().wiped(done, job.totalBytes())) {
        return new Outcome.Failed(
            "wiping " + job.device() + " was stopped: nobody asks for it any more");
      }
      var refused = refused(job.device());
      if (refused.isPresent()) {
        return refused.get();
      }
      var began = pace.now();
      var offset = done % size;
      var length = Math.min(pace.pieceBytes(), size - offset);
      var command =
          passes
              .get((int) (done / size))
              .command(deadlines.forWork(job.device()), job.device(), offset, length);
      var outcome = run(job.device(), command);
      if (outcome.done()) {
        outcome = run(job.device(), work(job.device(), "sync", job.device().node().toString()));
      }
      if (!outcome.done()) {
        return outcome;
      }
      done += length;
      record(job, done, false);
      pace.keep(began, length);
    }
    return Outcome.Done.PLAIN;
  }

  /** Removes what the passes have left, and reads back. */
  private Outcome finish(Job job) throws IOException, InterruptedException {
    var device = job.device();
    if (job.method().leavesNothingToRead()) {
      return readBack(device, true);
    }
    var erased = eraseSignatures(device);
    if (!erased.done()) {
      return erased;
    }
    var probe = SignatureProbe.result(signatures.start(device).await());
    return probe instanceof ProbeResult.Nothing
        ? readBack(device, false)
        : new Outcome.Failed("wiping " + device + " failed: after it, found " + probe.text());
  }

  /** The kernel keeps the partitions that it once found, also when their table is gone. */
  private Outcome forgetPartitions(BlockDevice device) throws IOException, InterruptedException {
    return devices.use(device).partitions().isEmpty()
        ? Outcome.Done.PLAIN
        : run(device, work(device, "partx", "--delete", device.node().toString()));
  }

  private Outcome readBack(BlockDevice device, boolean zero) throws InterruptedException {
    var regions = SampleRegions.of(device.sizeBytes(), random);
    var samples = reader.start(device, regions, deadlines.forProbe());
    return switch (DeviceReader.reading(samples.await())) {
      case Reading.Zero(_) -> Outcome.Done.PLAIN;
      case Reading.Data(_, var text) ->
          zero
              ? new Outcome.Failed("wiping " + device + " failed: after it, " + text)
              : Outcome.Done.PLAIN;
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
    if (refused.isPresent()) {
      return refused.get();
    }
    var erased = run(device, work(device, "wipefs", "--all", "--quiet", device.node().toString()));
    return erased.done() ? forgetPartitions(device) : erased;
  }

  /** Why the device must not be written to; whoever opens it exclusively is met by the child. */
  private Optional<Outcome> refused(BlockDevice device) throws IOException {
    if (!(devices.find(device.node()) instanceof DeviceLookup.Found(var now))
        || !now.identity().equals(device.identity())) {
      return Optional.of(
          new Outcome.Failed(
              "wiping %s refused: %s is another device now, or none"
                  .formatted(device, device.node())));
    }
    if (now.readOnly()) {
      return Optional.of(new Outcome.Failed("wiping " + device + " refused: it is read-only"));
    }
    return devices
        .use(device)
        .inUse()
        .map(reason -> new Outcome.Failed("wiping " + device + " refused: " + reason));
  }

  private ChildCommand work(BlockDevice device, String tool, String... arguments) {
    return ChildCommand.of(deadlines.forWork(device), tool, arguments);
  }

  private Outcome run(BlockDevice device, ChildCommand command) throws InterruptedException {
    var outcome = Outcomes.of("wiping " + device, command, children.run(command));
    return outcome instanceof Outcome.Failed(var message, _)
        ? new Outcome.Failed(
            elsewhere.mountOf(device).map(mount -> message + "; " + mount).orElse(message))
        : outcome;
  }

  private void record(Job job, long wiped, boolean complete) throws IOException {
    journal.recordWipe(
        new WipeRecord(
            job.device().identity(),
            job.generation(),
            job.method(),
            wiped,
            clock.instant(),
            complete));
  }
}
