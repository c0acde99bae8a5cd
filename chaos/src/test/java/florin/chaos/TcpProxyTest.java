package florin.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int SILENCE_MILLIS = 300;

    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private ServerSocket echo;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        serve(echo);
        proxy = new TcpProxy();
        proxy.to(echo.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        echo.close();
    }

    @Test
    void bytes_pass_both_ways_and_an_end_passes_too() throws IOException {
        try (Socket client = connect()) {
            assertThat(echoed(client, 7)).isEqualTo(7);
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void a_cut_resets_connections_and_lets_new_ones_through() throws IOException {
        try (Socket client = connect()) {
            assertThat(echoed(client, 7)).isEqualTo(7);
            proxy.cut();
            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        }
        try (Socket client = connect()) {
            assertThat(echoed(client, 8)).isEqualTo(8);
        }
    }

    @Test
    void nothing_passes_while_it_stalls_and_nothing_is_lost() throws IOException {
        try (Socket client = connect()) {
            assertThat(echoed(client, 7)).isEqualTo(7);
            proxy.stall();
            client.getOutputStream().write(8);
            client.setSoTimeout(SILENCE_MILLIS);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            assertThat(arrived).hasValue(1);

            proxy.flow();

            client.setSoTimeout((int) PATIENCE.toMillis());
            assertThat(client.getInputStream().read()).isEqualTo(8);
        }
    }

    @Test
    void a_lost_connection_is_silent_for_good_whatever_its_ends_do_and_new_ones_are_let_through() throws IOException {
        try (Socket client = connect();
                Socket other = connect()) {
            assertThat(echoed(client, 7)).isEqualTo(7);
            assertThat(echoed(other, 7)).isEqualTo(7);

            proxy.lose();

            client.getOutputStream().write(8);
            client.setSoTimeout(SILENCE_MILLIS);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            proxy.cut();
            proxy.flow();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            other.setSoLinger(true, 0);
            other.close();
            try (Socket next = connect()) {
                assertThat(echoed(next, 9)).isEqualTo(9);
            }
            await().atMost(PATIENCE).until(() -> ended.get() == 1);
            assertThat(arrived).hasValue(3);
            proxy.endLost(PATIENCE);
            assertThat(ended).hasValue(1);
            proxy.endLost(Duration.ZERO);
            await().atMost(PATIENCE).until(() -> ended.get() == 3);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        }
        proxy.close();
        await().atMost(PATIENCE).until(() -> ended.get() == 3);
    }

    @Test
    void it_outlives_a_server_that_is_away_for_a_while() throws IOException {
        int port = echo.getLocalPort();
        echo.close();
        try (Socket client = connect()) {
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
        }
        echo = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        serve(echo);
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            try (Socket client = connect()) {
                return echoed(client, 9) == 9;
            }
        });
    }

    private Socket connect() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setSoTimeout((int) PATIENCE.toMillis());
        return client;
    }

    private static int echoed(Socket client, int value) throws IOException {
        client.getOutputStream().write(value);
        return client.getInputStream().read();
    }

    private void serve(ServerSocket server) {
        start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket one = server.accept();
                    start(() -> echo(one));
                } catch (IOException e) {
                    // closed
                }
            }
        });
    }

    private void echo(Socket one) {
        try (one) {
            for (int value = one.getInputStream().read();
                    value >= 0;
                    value = one.getInputStream().read()) {
                arrived.incrementAndGet();
                one.getOutputStream().write(value);
            }
        } catch (IOException e) {
            // reset
        } finally {
            ended.incrementAndGet();
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "echo");
        thread.setDaemon(true);
        thread.start();
    }
}
