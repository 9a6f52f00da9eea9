// Parameters, routes and addresses as values.

import Testing

@testable import HTTPService

@Test("parameters keep their order and repeat")
func parametersKeepOrder() {
    let parameters = Parameters(formEncoded: "match[]=up&a=1&match%5B%5D=%7Bjob%3D%22x+y%22%7D&b&c=a=b&bad=%zz")
    #expect(parameters.all("match[]") == ["up", "{job=\"x y\"}"])
    #expect(parameters["a"] == "1")
    #expect(parameters["b"] == "")
    #expect(parameters["c"] == "a=b")
    #expect(parameters["bad"] == "%zz")
    #expect(parameters["none"] == nil)
}

@Test("a form's fields come before the query's")
func formBeforeQuery() {
    let request = Request(
        method: "POST", path: "/", query: Parameters(formEncoded: "query=b&x=1"),
        headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
        body: Array("query=a".utf8))
    #expect(request.parameters["query"] == "a")
    #expect(request.parameters.all("query") == ["a", "b"])
    #expect(request.parameters["x"] == "1")
}

@Test("a route's named part stands for one part of the path")
func routeParts() {
    let route = Route("/api/v1/label/:name/values") { _ in .text("") }
    #expect(route.match(["api", "v1", "label", "job", "values"]) == ["name": "job"])
    #expect(route.match(["api", "v1", "label", "values"]) == nil)
    #expect(route.match(["api", "v1", "labels", "job", "values"]) == nil)
}

@Test(
    "addresses read as HOST:PORT",
    arguments: [
        ("127.0.0.1:9090", "127.0.0.1:9090"), (":9090", "0.0.0.0:9090"), ("[::1]:0", "[::1]:0"),
        ("localhost:1", "localhost:1"), ("9090", nil), ("a:b", nil), ("::1:9", nil), ("a:65536", nil),
    ])
func addresses(text: String, printed: String?) {
    #expect(ListenAddress(parsing: text)?.description == printed)
}
