import io.moquette.broker.Server;
import io.moquette.broker.config.MemoryConfig;
import java.util.Properties;

/** Moquette with its default configuration, in memory: `java -cp 'lib/*' Moquette.java PORT`. */
public class Moquette {
    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.setProperty("host", "127.0.0.1");
        settings.setProperty("port", arguments[0]);
        settings.setProperty("allow_anonymous", "true");
        settings.setProperty("persistence_enabled", "false");
        settings.setProperty("telemetry_enabled", "false");
        // Enough for discovery, but not for the pictures; the default, 8092, is too little for both.
        settings.setProperty("netty.mqtt.message_size", "16000");
        new Server().startServer(new MemoryConfig(settings));
        Thread.currentThread().join();
    }
}
