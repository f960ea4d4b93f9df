package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A host, or a part of one, that pods can run on. */
public record Node(ObjectMeta metadata, Spec spec, Status status) implements ApiObject {

  public static final String HOSTNAME_LABEL = "kubernetes.io/hostname";

  public record Spec(boolean unschedulable, List<Taint> taints) {
    public Spec {
      taints = Absent.list(taints);
    }
  }

  /** Keeps away pods that do not tolerate it. */
  public record Taint(String key, String value, String effect) {
    public Taint {
      key = Absent.text(key);
      value = Absent.text(value);
      effect = Absent.text(effect);
    }
  }

  public record Status(
      Map<String, Quantity> capacity,
      Map<String, Quantity> allocatable,
      List<Condition> conditions,
      List<AttachedVolume> volumesAttached,
      List<String> volumesInUse,
      List<Address> addresses) {
    public Status {
      capacity = capacity == null ? Map.of() : Map.copyOf(capacity);
      allocatable = allocatable == null ? Map.of() : Map.copyOf(allocatable);
      conditions = Absent.list(conditions);
      volumesAttached = Absent.list(volumesAttached);
      volumesInUse = Absent.list(volumesInUse);
      addresses = Absent.list(addresses);
    }
  }

  public record AttachedVolume(String name, @Nullable String devicePath) {}

  public record Address(String type, String address) {}

  public Node {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    spec = spec == null ? new Spec(false, List.of()) : spec;
    status =
        status == null
            ? new Status(Map.of(), Map.of(), List.of(), List.of(), List.of(), List.of())
            : status;
  }

  /** The condition Ready is not known to be false: nodes without a process behind them count. */
  public boolean ready() {
    for (var condition : status.conditions()) {
      if (condition.type().equals("Ready")) {
        return condition.isTrue();
      }
    }
    return true;
  }
}
