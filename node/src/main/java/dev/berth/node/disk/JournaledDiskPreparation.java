package dev.berth.node.disk;

import dev.berth.node.disk.BlankProof.Demand;
import dev.berth.node.disk.DiskPreparation.Prepared.Ready;
import dev.berth.node.disk.DiskPreparation.Prepared.Unfinished;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The protocol of a format: proof → intent synced → mkfs → UUID read back → done synced. The caller
 * then commits the UUID for the volume before a pod sees it. Killed before the intent, nothing has
 * happened; killed before done, the intent recognises the debris; killed before the commit, the
 * journal recognises the whole file system.
 */
public final class JournaledDiskPreparation implements DiskPreparation {
  private static final Logger log = LoggerFactory.getLogger(JournaledDiskPreparation.class);

  private final BlockDevices devices;
  private final FileSystems fileSystems;
  private final BlankProof proof;
  private final DiskWipe wipe;
  private final FormatJournal journal;
  private final InstantSource clock;

  public JournaledDiskPreparation(
      BlockDevices devices,
      FileSystems fileSystems,
      BlankProof proof,
      DiskWipe wipe,
      FormatJournal journal,
      InstantSource clock) {
    this.devices = devices;
    this.fileSystems = fileSystems;
    this.proof = proof;
    this.wipe = wipe;
    this.journal = journal;
    this.clock = clock;
  }

  @Override
  public Prepared prepare(Request request) throws IOException, InterruptedException {
    var device = request.device();
    var prepared = prepare(request, device);
    if (!(prepared instanceof Ready)) {
      return prepared;
    }
    if (!isStillThere(device)) {
      return Refusals.refused(
          Reason.UNREADABLE, device + " became another device while it was examined", true);
    }
    journal.handOver(device.identity());
    return prepared;
  }

  /** It was found before all that was read; a copy on another disk has the same UUID. */
  private boolean isStillThere(BlockDevice device) throws IOException {
    return devices.same(device.asked(), device)
        || (devices.find(device.asked()) instanceof DeviceLookup.Found(var now)
            && now.identity().equals(device.identity()));
  }

  private Prepared prepare(Request request, BlockDevice device)
      throws IOException, InterruptedException {
    var foreign = foreignUse(request, device);
    if (foreign.isPresent()) {
      return Refusals.refused(Reason.IN_USE, device + " is in use: " + foreign.get(), true);
    }
    if (isFresh(request, device)) {
      // Most likely it is blank: the proof is tried first, and what it finds looked at after it.
      var prepared = formatIfBlank(request, device);
      if (prepared.isPresent()) {
        return prepared.get();
      }
    }
    return switch (fileSystems.probe(device)) {
      case ProbeResult.NoAnswer(var text) ->
          Refusals.refused(Reason.UNREADABLE, device + " does not answer: " + text, true);
      case ProbeResult.Unreadable(var text) ->
          Refusals.refused(Reason.UNREADABLE, device + " cannot be examined: " + text, true);
      case ProbeResult.Ambivalent(var text) ->
          unlessAllowed(
              request,
              device,
              Reason.UNEXPECTED_CONTENT,
              Refusals.unexpected(request, device, text));
      case ProbeResult.PartitionTable table ->
          unlessAllowed(
              request,
              device,
              Reason.UNEXPECTED_CONTENT,
              Refusals.unexpected(request, device, table.text()));
      case ProbeResult.Content content -> withContent(request, device, content);
      case ProbeResult.Nothing() -> withoutSignature(request, device);
    };
  }

  /** Mounts that are not ours, and whatever else of ours can never be. */
  private Optional<String> foreignUse(Request request, BlockDevice device) throws IOException {
    var use = devices.use(device);
    var foreign = use.mounts().stream().filter(request.ours().negate()).toList();
    return new DeviceUse(foreign, use.swap(), use.holders(), use.partitions()).inUse();
  }

  private Prepared withContent(Request request, BlockDevice device, ProbeResult.Content content)
      throws IOException, InterruptedException {
    if (request.recordedUuid().isPresent()) {
      return ownOrRefused(request, device, content, request.recordedUuid().get());
    }
    var unfinished = cutShort(request, device);
    if (unfinished.isPresent() && isDebris(unfinished.get(), content)) {
      return again(request, device, unfinished.get());
    }
    if (!content.type().equals(request.kind().typeName())) {
      return unlessAllowed(
          request, device, Reason.OTHER_TYPE, Refusals.unexpected(request, device, content.text()));
    }
    if (content.uuid().equalsIgnoreCase(request.volume().toString())
        && formatted(request).isPresent()) {
      return new Ready(device, content.uuid(), Origin.FORMATTED);
    }
    var owner = request.ownerOf().apply(content.uuid());
    if (owner.isPresent()) {
      return Refusals.refused(
          Reason.OWNED,
          ("%s carries the file system %s of volume %s: two volumes name one disk; correct the path"
                  + " of one. (Deleting the other would give its data to this one)")
              .formatted(device, content.uuid(), owner.get()),
          false);
    }
    if (device.sizeBytes() < request.minimumBytes()) {
      return Refusals.refused(Reason.TOO_SMALL, Refusals.tooSmall(request, device), false);
    }
    return new Ready(device, content.uuid(), Origin.ADOPTED);
  }

  private static Prepared ownOrRefused(
      Request request, BlockDevice device, ProbeResult.Content content, String recorded) {
    if (!content.uuid().equalsIgnoreCase(recorded)) {
      return Refusals.refused(
          Reason.WRONG_DISK,
          ("%s carries %s; expected the volume's own file system with UUID %s: the disk was"
                  + " swapped or renamed. Put the right disk back, or name it by a path in"
                  + " /dev/disk/by-id")
              .formatted(device, content.text(), recorded),
          true);
    }
    return content.type().equals(request.kind().typeName())
        ? new Ready(device, content.uuid(), Origin.OWN)
        : Refusals.refused(
            Reason.OTHER_TYPE, Refusals.unexpected(request, device, content.text()), false);
  }

  private Prepared withoutSignature(Request request, BlockDevice device)
      throws IOException, InterruptedException {
    var recorded =
        request.recordedUuid().isPresent()
            ? request.recordedUuid()
            : formatted(request).map(intent -> intent.volume().toString());
    if (recorded.isPresent()) {
      return Refusals.refused(
          Reason.LOST,
          ("%s carries no file system; expected the volume's own with UUID %s: the disk was"
                  + " swapped or erased. It is not formatted again. Put the right disk back, or"
                  + " delete the volume")
              .formatted(device, recorded.get()),
          true);
    }
    if (request.readOnly()) {
      return Refusals.refused(
          Reason.READ_ONLY,
          device
              + " carries nothing that could be read, and is not formatted for a read-only volume",
          false);
    }
    var unfinished = cutShort(request, device);
    // What an administrator's word allowed to destroy may still be there whole: without the word
    // now
    // it is looked at as at first.
    if (unfinished.isPresent()
        && (unfinished.get().anyway().isEmpty() || request.anyway().allows(device.identity()))) {
      return again(request, device, unfinished.get());
    }
    return formatIfBlank(request, device)
        .orElseGet(
            () ->
                Refusals.refused(
                    Reason.UNREADABLE, device + " changed while it was examined", true));
  }

  /** Whether nothing is known of the volume or its device yet, and formatting is allowed. */
  private boolean isFresh(Request request, BlockDevice device) throws IOException {
    return request.recordedUuid().isEmpty()
        && !request.readOnly()
        && formatted(request).isEmpty()
        && cutShort(request, device).isEmpty();
  }

  /** Formats a blank device; empty when there is something on it that may be worth recognising. */
  private Optional<Prepared> formatIfBlank(Request request, BlockDevice device)
      throws IOException, InterruptedException {
    var demand = new Demand(request.minimumBytes(), mayHoldOldData(request, device), false);
    return switch (proof.verify(device, demand)) {
      case BlankVerdict.Refused(var reason, var message) -> {
        var told = Refusals.reasonOf(reason);
        if (told == null) {
          yield Optional.empty();
        }
        yield Optional.of(
            told == Reason.NOT_BLANK
                ? unlessAllowed(request, device, told, message)
                : Refusals.refused(told, message, reason.passing()));
      }
      case BlankVerdict.Blank(var evidence) -> {
        log.info("formatting {} for volume {}: {}", device, request.volume(), evidence);
        yield Optional.of(format(request, device, ""));
      }
    };
  }

  /**
   * Whether what samples read is what our own wipe left. After one that leaves zeros they have to
   * read zero: anything else was written since.
   */
  private boolean mayHoldOldData(Request request, BlockDevice device) throws IOException {
    return request.generation() > 0
        && journal.wipedAndUnused(device.identity(), request.generation())
        && journal
            .wipeOf(device.identity())
            .filter(wipe -> !wipe.method().leavesNothingToRead())
            .isPresent();
  }

  /**
   * Refuses content, or destroys it where the administrator has said so. Never that of another
   * volume, never for a volume that has a file system already, and only on a device that fulfils
   * everything else that is asked of one to be formatted.
   */
  private Prepared unlessAllowed(Request request, BlockDevice device, Reason reason, String message)
      throws IOException, InterruptedException {
    if (request.recordedUuid().isPresent()
        || request.readOnly()
        || formatted(request).isPresent()) {
      return Refusals.refused(reason, message, false);
    }
    var owner = ownerOf(request, device);
    if (owner.isPresent()) {
      return Refusals.refused(
          Reason.OWNED,
          "%s; it belongs to volume %s, whose data is destroyed by deleting that volume only"
              .formatted(message, owner.get()),
          false);
    }
    var anyway = request.anyway();
    if (!anyway.allows(device.identity())) {
      return Refusals.refused(reason, message + ". " + anyway.advice(device), false);
    }
    return switch (proof.verify(device, new Demand(request.minimumBytes(), false, true))) {
      case BlankVerdict.Refused(var why, var text) -> {
        var told = Refusals.reasonOf(why);
        yield Refusals.refused(told == null ? Reason.IN_USE : told, text, why.passing());
      }
      case BlankVerdict.Blank(var evidence) -> {
        var word = anyway.word().orElseThrow();
        log.warn(
            "formatting {} for volume {} because {}={} says so, though: {} ({})",
            device,
            anyway.volume(),
            FormatAnyway.ANNOTATION,
            word,
            message,
            evidence);
        yield format(request, device, word);
      }
    };
  }

  /** The other volume to which the device, one of its partitions, or the disk around it belongs. */
  private Optional<String> ownerOf(Request request, BlockDevice device)
      throws IOException, InterruptedException {
    var parts = new ArrayList<BlockDevice>(List.of(device));
    var related = new ArrayList<>(device.partitions());
    device.disk().ifPresent(related::add);
    for (var name : related) {
      if (devices.find(device.node().resolveSibling(name))
          instanceof DeviceLookup.Found(var part)) {
        parts.add(part);
      }
    }
    for (var part : parts) {
      var owner = request.anyway().diskOf().volumeOn(part.identity());
      if (owner.isEmpty()
          && fileSystems.probe(part) instanceof ProbeResult.Content(_, var uuid, _)
          && !uuid.isEmpty()) {
        owner = request.ownerOf().apply(uuid);
      }
      if (owner.isPresent()) {
        return owner;
      }
    }
    return Optional.empty();
  }

  /** This volume's format that was finished in this life of the volume. */
  private Optional<FormatIntent> formatted(Request request) throws IOException {
    return journal
        .of(request.volume())
        .filter(intent -> intent.done() && intent.generation() >= request.generation());
  }

  /**
   * A format of this device for this very volume that was not finished. Another volume's debris is
   * not taken: nobody knows what happened to the disk since.
   */
  private Optional<FormatIntent> cutShort(Request request, BlockDevice device) throws IOException {
    return journal
        .unfinishedOn(device.identity())
        .filter(intent -> intent.volume().equals(request.volume()));
  }

  /** What a killed mkfs of ours can have left: nothing recognisable, or its own signature. */
  private static boolean isDebris(FormatIntent intent, ProbeResult.Content content) {
    return content.type().equals(intent.kind().typeName())
        && content.uuid().equalsIgnoreCase(intent.volume().toString());
  }

  private Prepared again(Request request, BlockDevice device, FormatIntent cutShort)
      throws IOException, InterruptedException {
    log.warn(
        "{} carries what is left of a format for volume {}, begun {}: formatting it again",
        device,
        request.volume(),
        cutShort.decided());
    if (device.sizeBytes() < request.minimumBytes()) {
      return Refusals.refused(Reason.TOO_SMALL, Refusals.tooSmall(request, device), false);
    }
    var erased = wipe.eraseSignatures(device);
    return erased.done() ? format(request, device, cutShort.anyway()) : new Unfinished(erased);
  }

  /**
   * @param anyway the word by which content may be destroyed first, empty where there is none
   */
  private Prepared format(Request request, BlockDevice device, String anyway)
      throws IOException, InterruptedException {
    journal.begin(
        new FormatIntent(
            request.volume(),
            device.identity(),
            request.kind(),
            request.generation(),
            clock.instant(),
            anyway,
            false));
    if (!anyway.isEmpty()) {
      var erased = wipe.eraseSignatures(device);
      if (!erased.done()) {
        return new Unfinished(erased);
      }
    }
    var made = fileSystems.make(device, request.kind(), request.volume(), request.options());
    if (!made.done()) {
      return new Unfinished(made);
    }
    journal.finish(request.volume());
    return new Ready(device, request.volume().toString(), Origin.FORMATTED);
  }
}
