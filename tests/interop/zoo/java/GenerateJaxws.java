/** Classes of every WSDL by wsimport, each in a package of its own: GenerateJaxws WSDLS SOURCES. */
import com.sun.tools.ws.wscompile.WsimportTool;
import java.io.File;

public class GenerateJaxws {
    public static void main(String[] args) {
        for (File wsdl : new File(args[0]).listFiles((folder, name) -> name.endsWith(".wsdl"))) {
            String name = wsdl.getName().replace(".wsdl", "").toLowerCase();
            String[] options = {"-quiet", "-Xnocompile", "-s", args[1], "-p", "zoo." + name, wsdl.toString()};
            if (!new WsimportTool(System.err).run(options)) {
                System.exit(1);
            }
        }
    }
}
