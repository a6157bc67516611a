// SPDX-License-Identifier: MIT
import CCurl

/// The prepared handles without a transfer, by route: setting a handle up costs more than a request on it.
struct HandleStore {
    private struct Place {
        let number: Int
        let route: Route
        var spares: [EasyHandle] = []
    }

    /// The most routes that are remembered. Requests go to few; what is replaced is mostly what rotation has left.
    private static let maximumRoutes = 8
    /// The most handles that wait for the next request, in all.
    private static let maximumSpares = 32

    private let configuration: HTTPClient.Configuration
    /// The one that was used last is at the end.
    private var places: [Place] = []
    private var lastNumber = 0
    private var spareCount = 0

    init(configuration: HTTPClient.Configuration) {
        self.configuration = configuration
    }

    /// The route of a request, and how it is called here.
    mutating func route(of request: ClientRequest, _ url: RequestURL) -> (number: Int, route: Route) {
        let proxy = request.proxy ?? configuration.proxy
        let known = places.lastIndex { place in
            place.route.origin == url.origin && place.route.tls == request.tls && place.route.proxy == proxy
                && place.route.unixSocket == request.unixSocket
        }
        if let known {
            if known != places.count - 1 { places.append(places.remove(at: known)) }
            return (places[places.count - 1].number, places[places.count - 1].route)
        }
        lastNumber += 1
        let route = Route(
            origin: String(url.origin), tls: request.tls, proxy: proxy, unixSocket: request.unixSocket)
        places.append(Place(number: lastNumber, route: route))
        if places.count > Self.maximumRoutes { spareCount -= places.removeFirst().spares.count }
        return (lastNumber, route)
    }

    /// Whether requests of a route may share a connection: without TLS nothing but HTTP/1 is spoken.
    func isShared(_ route: Route) -> Bool { configuration.http2 && route.isSecure }

    /// A handle that is prepared for the route found last.
    mutating func take(_ number: Int, sockets: SocketRegistry) throws(CurlFailure) -> EasyHandle {
        guard let last = places.indices.last, places[last].number == number else {
            preconditionFailure("a handle is taken for the route that was looked up just before")
        }
        if let spare = places[last].spares.popLast() {
            spareCount -= 1
            return spare
        }
        guard let easy = EasyHandle() else { throw CurlFailure(code: CURLE_OUT_OF_MEMORY) }
        let route = places[last].route
        try easy.prepare(route, configuration, isShared: isShared(route))
        sockets.follow(easy)
        return easy
    }

    /// Takes a handle back that no transfer uses any more.
    mutating func put(_ easy: EasyHandle, _ number: Int) {
        easy.forgetRequest()
        guard spareCount < Self.maximumSpares, let place = places.firstIndex(where: { $0.number == number }) else {
            return
        }
        places[place].spares.append(easy)
        spareCount += 1
    }
}
