package dev.berth.node.plugin;

import dev.berth.node.disk.BlankProof;
import dev.berth.node.disk.BlockDevices;
import dev.berth.node.disk.DiskPreparation;
import dev.berth.node.disk.DiskWipe;
import dev.berth.node.disk.FileSystems;
import dev.berth.node.disk.FormatJournal;

/** What plugins do to block devices. */
public record DiskTools(
    BlockDevices devices,
    FileSystems fileSystems,
    BlankProof proof,
    DiskPreparation preparation,
    FormatJournal journal,
    DiskWipe wipe,
    DisksInHand inHand) {}
