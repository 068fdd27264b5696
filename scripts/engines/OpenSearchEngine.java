import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One node of OpenSearch, on this machine alone, until it is ended: its folder, its port, its port for other nodes. */
public final class OpenSearchEngine {
  public static void main(String[] args) throws Exception {
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.onBuild((number, settings) -> {
      settings.put("http.port", args[1]);
      settings.put("transport.port", args[2]);
      settings.put("network.host", "127.0.0.1");
      settings.put("discovery.type", "single-node");
      settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
    });
    runner.build(OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1).clusterName("souk-search"));
    System.out.println("OpenSearch is ready");
    Thread.currentThread().join();
  }
}
