package dev.berth.node.plugin;

/** Where the metric of wipes that go on is kept. */
public interface WipeGauge {

  /** For those who do not count. */
  WipeGauge NONE =
      new WipeGauge() {
        @Override
        public void wiping(String volume, long wipedBytes, long totalBytes) {}

        @Override
        public void ended(String volume) {}
      };

  /** How far the wipe of a PersistentVolume has come. */
  void wiping(String volume, long wipedBytes, long totalBytes);

  /** It goes on no longer, finished or not. */
  void ended(String volume);
}
