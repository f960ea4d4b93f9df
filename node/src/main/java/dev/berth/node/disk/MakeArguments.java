package dev.berth.node.disk;

import dev.berth.core.model.FormatOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** How the programs that make file systems are told what is wanted of them. */
final class MakeArguments {
  private static final int EXT4_RESERVED_PERCENT = 0;

  private MakeArguments() {}

  static List<String> of(
      BlockDevice device, FileSystemKind kind, UUID uuid, Map<FormatOption, Long> options) {
    var arguments = new ArrayList<String>();
    switch (kind) {
      case EXT4 -> {
        arguments.addAll(List.of("-q", "-F"));
        arguments.addAll(List.of("-E", "lazy_itable_init=0,lazy_journal_init=0,discard"));
        if (!options.containsKey(FormatOption.EXT4_RESERVED_PERCENT)) {
          arguments.addAll(List.of("-m", Integer.toString(EXT4_RESERVED_PERCENT)));
        }
        arguments.addAll(List.of("-U", uuid.toString()));
      }
      case XFS -> arguments.addAll(List.of("-q", "-f", "-m", "uuid=" + uuid));
      case BTRFS -> arguments.addAll(List.of("-q", "-f", "-U", uuid.toString()));
    }
    options.forEach(
        (option, value) -> {
          if (option.parameter().startsWith("berth.dev/" + kind.typeName() + "-")) {
            arguments.addAll(of(option, value));
          }
        });
    arguments.add(device.node().toString());
    return arguments;
  }

  private static List<String> of(FormatOption option, long value) {
    return switch (option) {
      case EXT4_BLOCK_SIZE -> List.of("-b", Long.toString(value));
      case EXT4_BYTES_PER_INODE -> List.of("-i", Long.toString(value));
      case EXT4_INODE_SIZE -> List.of("-I", Long.toString(value));
      case EXT4_RESERVED_PERCENT -> List.of("-m", Long.toString(value));
      case XFS_BLOCK_SIZE -> List.of("-b", "size=" + value);
      case XFS_INODE_SIZE -> List.of("-i", "size=" + value);
      case XFS_MAX_INODE_PERCENT -> List.of("-i", "maxpct=" + value);
      case BTRFS_NODE_SIZE -> List.of("-n", Long.toString(value));
      case BTRFS_METADATA_COPIES -> List.of("-m", value == 1 ? "single" : "dup");
    };
  }
}
