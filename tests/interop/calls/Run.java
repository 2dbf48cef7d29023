// Does what stands in the files that are named, in their order: the first line makes the classes of
// a service, the rest is compiled with them and run. Says which fail, and why.
import com.sun.tools.ws.wscompile.WsimportTool;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

public class Run {
    static final Pattern NAME = Pattern.compile("public class (\\w+)");
    static final PrintStream SAY = System.out;

    public static void main(String[] files) throws Exception {
        Map<String, List<Path>> byCommand = new LinkedHashMap<>();
        for (String file : files) {
            Path path = Path.of(file);
            String command = Files.readAllLines(path).get(0).replaceFirst("^// wsimport ", "");
            byCommand.computeIfAbsent(command, one -> new ArrayList<>()).add(path);
        }
        Map<Path, Class<?>> made = new LinkedHashMap<>();
        for (String command : byCommand.keySet()) {
            made.putAll(compiled(command, byCommand.get(command)));
        }
        for (String file : files) {
            SAY.println(Path.of(file).getFileName() + "\t" + ran(made.get(Path.of(file))));
        }
    }

    static Map<Path, Class<?>> compiled(String command, List<Path> files) throws Exception {
        Path folder = Files.createTempDirectory("ready-calls");
        List<String> options = new ArrayList<>(List.of("-quiet", "-Xnocompile", "-s", folder.toString()));
        options.addAll(Arrays.asList(command.split(" ")));
        if (!new WsimportTool(System.err).run(options.toArray(new String[0]))) {
            throw new IllegalStateException(command);
        }
        Map<Path, String> names = new LinkedHashMap<>();
        for (Path file : files) {
            Matcher found = NAME.matcher(Files.readString(file));
            found.find();
            names.put(file, found.group(1));
            Files.copy(file, folder.resolve(found.group(1) + ".java"));
        }
        List<String> arguments = new ArrayList<>(List.of("-nowarn", "-proc:none", "-d", folder.toString()));
        arguments.addAll(List.of("-encoding", "UTF-8", "-cp", System.getProperty("java.class.path")));
        try (Stream<Path> sources = Files.walk(folder)) {
            sources.map(Path::toString).filter(one -> one.endsWith(".java")).forEach(arguments::add);
        }
        if (ToolProvider.getSystemJavaCompiler().run(null, SAY, System.err, arguments.toArray(new String[0])) != 0) {
            throw new IllegalStateException("javac " + folder);
        }
        URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()});
        Map<Path, Class<?>> made = new LinkedHashMap<>();
        for (Path file : files) {
            made.put(file, loader.loadClass(names.get(file)));
        }
        return made;
    }

    static String ran(Class<?> program) throws Exception {
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        try {
            program.getMethod("main", String[].class).invoke(null, (Object) new String[0]);
            return "ok";
        } catch (InvocationTargetException error) {
            return error.getCause().toString().replace('\n', ' ');
        } finally {
            System.setOut(SAY);
        }
    }
}
