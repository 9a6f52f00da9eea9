// Credentials as the configuration names them, read into what goes over the wire.
// Used by RemoteRequests at each request.

import FerulaConfiguration
import HTTPAccess

extension Authentication {
    init(_ fields: AuthenticationFields) throws(ConfigurationFailure) {
        let secret = try fields.secret.text()
        if let name = fields.userName {
            self = .basic(name: try name.text(), password: secret)
        } else {
            self = .credentials(type: fields.type, secret)
        }
    }
}
