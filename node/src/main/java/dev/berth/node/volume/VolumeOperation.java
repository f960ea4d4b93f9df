package dev.berth.node.volume;

import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.PublishedVolume;
import dev.berth.node.plugin.StagedVolume;
import dev.berth.node.plugin.VolumeId;

/** Something to be done to one volume. At most one is under way for each volume. */
sealed interface VolumeOperation {

  VolumeId volume();

  /** What failures are counted by: a retry of the same thing waits longer each time. */
  Key key();

  /**
   * The identity of an operation.
   *
   * @param podUid empty when it concerns the whole node
   */
  record Key(String kind, VolumeId volume, String podUid) {}

  /** Prepare the volume for the node, on behalf of a pod that waits for it. */
  record Stage(PodVolume wanted) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return wanted.id();
    }

    @Override
    public Key key() {
      return new Key("stage", wanted.id(), "");
    }
  }

  /** Show the volume to a pod. */
  record Publish(PodVolume wanted) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return wanted.id();
    }

    @Override
    public Key key() {
      return new Key("publish", wanted.id(), wanted.pod().uid());
    }
  }

  /** Write what a pod sees of the volume anew; until then it sees what it saw before. */
  record Refresh(PodVolume wanted) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return wanted.id();
    }

    @Override
    public Key key() {
      return new Key("refresh", wanted.id(), wanted.pod().uid());
    }
  }

  /** Take the volume away from a pod that does not want it any more. */
  record Unpublish(PublishedVolume from) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return from.id();
    }

    @Override
    public Key key() {
      return new Key("unpublish", from.id(), from.pod().uid());
    }
  }

  /** Take the volume away from the node: no pod has it. */
  record Unstage(StagedVolume from) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return from.id();
    }

    @Override
    public Key key() {
      return new Key("unstage", from.id(), "");
    }
  }

  /** Make, or remove, the storage of a volume, as its object asks. */
  record Provision(ProvisionRequest request) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return request.id();
    }

    @Override
    public Key key() {
      return new Key("provision", request.id(), "");
    }
  }

  /** Make a volume larger that a pod has. */
  record Grow(PodVolume wanted, GrowthRequest request) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return wanted.id();
    }

    @Override
    public Key key() {
      return new Key("grow", wanted.id(), "");
    }
  }

  /** Destroy the data of a released volume. */
  record Wipe(WipeRequest request) implements VolumeOperation {
    @Override
    public VolumeId volume() {
      return request.id();
    }

    @Override
    public Key key() {
      return new Key("wipe", request.id(), "");
    }
  }
}
