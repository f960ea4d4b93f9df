package dev.berth.node.runtime;

import org.jspecify.annotations.Nullable;

/** Why a runtime did not do what was asked, with what to do about it in the message. */
public final class ContainerFailure extends Exception {

  /** The kinds of failure, with the reasons that pods show for them. */
  public enum Reason {
    /** The image is not there and cannot be had; between tries pods show ImagePullBackOff. */
    IMAGE_UNAVAILABLE("ErrImagePull"),
    IMAGE_NAME_INVALID("InvalidImageName"),
    /** The pod asks for something impossible: a missing mount source, root with runAsNonRoot. */
    CONFIG_INVALID("CreateContainerConfigError"),
    CREATE_FAILED("CreateContainerError"),
    /** The container was made but its program could not be started: no such file, no right. */
    RUN_FAILED("RunContainerError"),
    /**
     * It did not end even after SIGKILL: its process hangs in the kernel. Its volumes are in use.
     */
    KILL_FAILED("KillContainerError"),
    /** What it left on the node could not all be taken away; it is tried again at the next call. */
    REMOVE_FAILED("FailedRemoveContainer"),
    /** There is no such container. */
    NOT_FOUND("ContainerNotFound"),
    /** Too many sessions are open in containers of this node. */
    TOO_MANY_SESSIONS("TooManySessions"),
    /** The container does not run. */
    NOT_RUNNING("ContainerNotRunning"),
    /** No working runc or crun, or no conmon: the message names the packages. */
    RUNTIME_UNAVAILABLE("ContainerRuntimeNotReady");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** As conditions, container states and events name it. */
    public String text() {
      return text;
    }
  }

  private final Reason reason;

  public ContainerFailure(Reason reason, String message) {
    this(reason, message, null);
  }

  public ContainerFailure(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
