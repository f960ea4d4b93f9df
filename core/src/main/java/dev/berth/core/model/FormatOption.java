package dev.berth.core.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a StorageClass may say about how file systems of its volumes are made: each is a parameter
 * named {@code berth.dev/TYPE-NAME}, for example {@code berth.dev/ext4-inode-size}. Those of other
 * types than the one that is made do not count. Nothing else reaches the programs that make them.
 */
public enum FormatOption {
  /** Bytes in a block. */
  EXT4_BLOCK_SIZE("ext4", "block-size", List.of(1024L, 2048L, 4096L)),
  /** How many bytes of the volume there is an inode for: the fewer, the more files. */
  EXT4_BYTES_PER_INODE("ext4", "bytes-per-inode", 1024, 64 << 20),
  /** Bytes of an inode, extended attributes included. */
  EXT4_INODE_SIZE("ext4", "inode-size", List.of(256L, 512L, 1024L)),
  /** How much of it only root may fill. */
  EXT4_RESERVED_PERCENT("ext4", "reserved-percent", 0, 50),
  /** Bytes in a block. */
  XFS_BLOCK_SIZE("xfs", "block-size", List.of(1024L, 2048L, 4096L)),
  /** Bytes of an inode: at most half a block. */
  XFS_INODE_SIZE("xfs", "inode-size", List.of(512L, 1024L, 2048L)),
  /** How much of it inodes may take, 0 for as much as there is. */
  XFS_MAX_INODE_PERCENT("xfs", "max-inode-percent", 0, 100),
  /** Bytes of a node of its trees. */
  BTRFS_NODE_SIZE("btrfs", "node-size", List.of(4096L, 16384L, 32768L, 65536L)),
  /** How often its metadata are kept: 1, or 2 for a copy that repairs the other. */
  BTRFS_METADATA_COPIES("btrfs", "metadata-copies", List.of(1L, 2L));

  private static final String PREFIX = "berth.dev/";
  private static final long XFS_DEFAULT_BLOCK = 4096;
  private static final long XFS_DEFAULT_INODE = 512;

  private final String fsType;
  private final String word;
  private final List<Long> values;
  private final long least;
  private final long most;

  FormatOption(String fsType, String word, List<Long> values) {
    this(fsType, word, values, values.getFirst(), values.getLast());
  }

  FormatOption(String fsType, String word, long least, long most) {
    this(fsType, word, List.of(), least, most);
  }

  FormatOption(String fsType, String word, List<Long> values, long least, long most) {
    this.fsType = fsType;
    this.word = word;
    this.values = values;
    this.least = least;
    this.most = most;
  }

  /**
   * A parameter that cannot be applied.
   *
   * @param why what was expected, for people
   */
  public record Mistake(String parameter, String value, String why) {}

  /** The parameter's name. */
  public String parameter() {
    return PREFIX + fsType + "-" + word;
  }

  /**
   * What is said about file systems of a type.
   *
   * @param parameters of the class, without mistakes
   */
  public static Map<FormatOption, Long> of(String fsType, Map<String, String> parameters) {
    var chosen = new EnumMap<FormatOption, Long>(FormatOption.class);
    for (var option : values()) {
      var value = parameters.get(option.parameter());
      if (value != null && option.fsType.equals(fsType)) {
        option.parse(value).ifPresent(number -> chosen.put(option, number));
      }
    }
    return chosen;
  }

  /** Whether a parameter's name is that of an option for any file system, known or not. */
  public static boolean concerns(String parameter) {
    return fsType(parameter).isPresent();
  }

  private static Optional<String> fsType(String parameter) {
    return Arrays.stream(values())
        .map(option -> option.fsType)
        .filter(fsType -> parameter.startsWith(PREFIX + fsType + "-"))
        .findFirst();
  }

  /** What is wrong with the parameters of a class, ordered by name. */
  public static List<Mistake> mistakes(Map<String, String> parameters) {
    var mistakes = new ArrayList<Mistake>();
    new TreeMap<>(parameters)
        .forEach(
            (parameter, value) -> {
              var option =
                  Arrays.stream(values()).filter(o -> o.parameter().equals(parameter)).findFirst();
              if (option.isPresent()) {
                if (option.get().parse(value).isEmpty()) {
                  mistakes.add(new Mistake(parameter, value, option.get().expected()));
                }
              } else {
                unknown(parameter)
                    .ifPresent(why -> mistakes.add(new Mistake(parameter, value, why)));
              }
            });
    if (mistakes.isEmpty()) {
      tooLargeAnInode(parameters).ifPresent(mistakes::add);
    }
    return mistakes;
  }

  private static Optional<String> unknown(String parameter) {
    return fsType(parameter)
        .map(
            fsType ->
                "is not known; for %s there are %s"
                    .formatted(
                        fsType,
                        Arrays.stream(values())
                            .filter(option -> option.fsType.equals(fsType))
                            .map(FormatOption::parameter)
                            .collect(Collectors.joining(", "))));
  }

  private static Optional<Mistake> tooLargeAnInode(Map<String, String> parameters) {
    var chosen = of("xfs", parameters);
    var block = chosen.getOrDefault(XFS_BLOCK_SIZE, XFS_DEFAULT_BLOCK);
    var inode = chosen.getOrDefault(XFS_INODE_SIZE, XFS_DEFAULT_INODE);
    return inode * 2 <= block
        ? Optional.empty()
        : Optional.of(
            new Mistake(
                XFS_INODE_SIZE.parameter(),
                Long.toString(inode),
                "must be at most half of the block size of %d bytes".formatted(block)));
  }

  private Optional<Long> parse(String value) {
    if (!value.matches("0|[1-9][0-9]{0,9}")) {
      return Optional.empty();
    }
    var number = Long.parseLong(value);
    var allowed = values.isEmpty() ? number >= least && number <= most : values.contains(number);
    return allowed ? Optional.of(number) : Optional.empty();
  }

  private String expected() {
    return values.isEmpty()
        ? "must be a whole number from %d to %d".formatted(least, most)
        : "must be one of "
            + values.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
