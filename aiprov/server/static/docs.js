// The OpenAPI description, as a page.
import { askForToken, get, takeToken } from "./api.js";
import { h } from "./dom.js";

async function show() {
  const page = document.getElementById("page");
  try {
    const described = await get("/openapi.json");
    const routes = Object.entries(described.paths).flatMap(([path, verbs]) => Object.entries(verbs).map(([verb, route]) => ({ path, verb, route })));
    const groups = [...new Set(routes.map(({ route }) => route.tags[0]))];
    page.replaceChildren(h("h1", {}, "Interface"),
      h("p", { class: "soft" }, "Every request carries the token as ", h("code", {}, "Authorization: Bearer TOKEN"), ". The same in OpenAPI's form: ", h("code", {}, "/openapi.json"), "."),
      ...groups.flatMap((group) => [h("h2", {}, group), ...routes.filter(({ route }) => route.tags[0] === group).map((each) => section(each, described))]));
  } catch (error) {
    page.replaceChildren(h("h1", {}, "Interface"), error.status === 401 ? askForToken(show) : h("p", { class: "bad" }, error.message));
  }
}

function section({ path, verb, route }, described) {
  const fields = [...(route.parameters || []).map((each) => [each.name, each.schema, each.required]), ...body(route, described)];
  const line = ([name, schema, required]) => h("tr", {}, h("td", {}, h("code", {}, name)), h("td", {}, kind(schema)), h("td", {}, required ? "required" : ""), h("td", {}, schema.description || ""));
  return h("details", {}, h("summary", {}, h("code", {}, `${verb.toUpperCase()} ${path}`), ` ${route.summary || ""}`),
    fields.length ? h("table", {}, h("tbody", {}, fields.map(line))) : h("p", { class: "soft" }, "takes nothing"));
}

function body(route, described) {
  const forms = Object.values(route.requestBody?.content || {});
  return forms.flatMap((form) => {
    const schema = resolved(form.schema, described);
    return Object.entries(schema.properties || {}).map(([name, each]) => [name, each, (schema.required || []).includes(name)]);
  });
}

const resolved = (schema, described) => (schema.$ref ? described.components.schemas[schema.$ref.split("/").pop()] : schema);

function kind(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.filter((each) => each.type !== "null").map(kind).join(" or ");
  if (schema.enum) return schema.enum.join(" | ");
  return schema.type === "array" ? `list of ${kind(schema.items || {})}` : schema.type || "anything";
}

takeToken();
show();
