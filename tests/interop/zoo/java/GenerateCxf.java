/** Classes of every WSDL by Apache CXF, each in a package of its own: GenerateCxf WSDLS SOURCES. */
import java.io.File;
import org.apache.cxf.tools.common.ToolContext;
import org.apache.cxf.tools.wsdlto.WSDLToJava;

public class GenerateCxf {
    public static void main(String[] args) throws Exception {
        for (File wsdl : new File(args[0]).listFiles((folder, name) -> name.endsWith(".wsdl"))) {
            String name = wsdl.getName().replace(".wsdl", "").toLowerCase();
            String[] options = {"-p", "zoo." + name, "-d", args[1], wsdl.toURI().toString()};
            new WSDLToJava(options).run(new ToolContext());
        }
    }
}
