import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.text.StringSubstitutor;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Prints the scalars of an openmetadata.yaml as a server reads it: FILE [NAME VALUE]... */
public class ServerFile {
  public static void main(String[] arguments) throws Exception {
    Map<String, String> environment = new HashMap<>();
    for (int i = 1; i + 1 < arguments.length; i += 2) {
      environment.put(arguments[i], arguments[i + 1]);
    }
    // As Dropwizard's EnvironmentVariableSubstitutor, when it is not strict.
    StringSubstitutor substitutor = new StringSubstitutor(environment::get);
    substitutor.setEnableSubstitutionInVariables(false);
    String text = substitutor.replace(Files.readString(Path.of(arguments[0])));
    Map<String, String> found = new TreeMap<>();
    collect("", new Yaml().compose(new StringReader(text)), found);
    StringBuilder out = new StringBuilder("{");
    for (Map.Entry<String, String> entry : found.entrySet()) {
      out.append(out.length() > 1 ? ", " : "").append(quoted(entry.getKey())).append(": ");
      out.append(entry.getValue() == null ? "null" : quoted(entry.getValue()));
    }
    System.out.println(out.append("}"));
  }

  private static void collect(String path, Node node, Map<String, String> found) {
    if (node instanceof MappingNode) {
      for (NodeTuple tuple : ((MappingNode) node).getValue()) {
        String key = ((ScalarNode) tuple.getKeyNode()).getValue();
        collect(path.isEmpty() ? key : path + "." + key, tuple.getValueNode(), found);
      }
    } else if (node instanceof ScalarNode) {
      found.put(path, node.getTag() == Tag.NULL ? null : ((ScalarNode) node).getValue());
    }
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }
}
