package florin.chaos;

/** The network between one service and what it depends on. */
record Link(String name, String service, TcpProxy proxy) {
    static String name(String service, String server) {
        return service + " to " + server;
    }
}
