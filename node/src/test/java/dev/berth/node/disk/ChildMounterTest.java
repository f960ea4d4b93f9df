package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.NodeWorld;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.PipedChild;
import dev.berth.node.linux.RunningChild;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is said of a mount whose program was ended. */
class ChildMounterTest {

  /** Every child is ended for one reason. */
  private record Ending(ChildResult.Cause cause) implements ChildProcesses {
    @Override
    public ChildResult run(ChildCommand command) {
      return new ChildResult.Killed(cause, "", "");
    }

    @Override
    public RunningChild start(ChildCommand command) {
      throw new UnsupportedOperationException("a mount is run to its end");
    }

    @Override
    public Optional<Path> locate(String tool) {
      return Optional.empty();
    }

    @Override
    public PipedChild pipe(ChildCommand command) {
      throw new UnsupportedOperationException("nobody talks with a mount");
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyWhatTookTooLongIsOverdue(ChildResult.Cause cause, @TempDir Path target)
      throws Exception {
    var mounter = new ChildMounter(new Ending(cause), MountTable.reader(), NodeWorld.DEADLINES);
    var request = new Mounter.Request("nfs", "server:/export", target, List.of());
    assertThat(mounter.mount(request))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> {
              assertThat(failed.overdue()).isEqualTo(cause != ChildResult.Cause.CANCELLED);
              assertThat(failed.message()).contains("was broken off", cause.toString());
            });
  }
}
