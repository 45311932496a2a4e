import com.hivemq.embedded.EmbeddedHiveMQ;
import java.nio.file.Files;
import java.nio.file.Path;

/** HiveMQ CE with its default limits: `java -cp 'lib/*' HiveMq.java PORT FOLDER`. */
public class HiveMq {
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[1]);
        Path configuration = Files.createDirectories(folder.resolve("conf"));
        Path data = Files.createDirectories(folder.resolve("data"));
        Path extensions = Files.createDirectories(folder.resolve("extensions"));
        Files.writeString(configuration.resolve("config.xml"), "<hivemq><listeners><tcp-listener><port>" + arguments[0]
                + "</port><bind-address>127.0.0.1</bind-address></tcp-listener></listeners>"
                + "<persistence><mode>in-memory</mode></persistence>"
                + "<anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics></hivemq>");
        EmbeddedHiveMQ broker = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(configuration).withDataFolder(data).withExtensionsFolder(extensions).build();
        broker.start().join();
        Thread.currentThread().join();
    }
}
