// Starts Bluesky's own index of posts (AppView) on 127.0.0.1 for a server of accounts, and writes its
// port as a line of JSON. It reads that server's stream of changes, and keeps what it counts in the
// PostgreSQL database given. Ends when its standard input does.
const { freePort } = require('./bluesky_loopback')

const [plc, pds, database] = process.argv.slice(2)
const SCHEMA = 'appview'
process.env.LOG_ENABLED = 'false'

async function main() {
  const bsky = require('@atproto/bsky')
  const { Secp256k1Keypair } = require('@atproto/crypto')
  const migrations = new bsky.Database({ url: database, schema: SCHEMA })
  await migrations.migrateToLatestOrThrow()
  await migrations.close()
  const db = new bsky.Database({ url: database, schema: SCHEMA, poolSize: 10 })
  const [port, dataplanePort, bsyncPort] = [await freePort(), await freePort(), await freePort()]
  const dataplane = await bsky.DataPlaneServer.create(db, dataplanePort, `http://127.0.0.1:${plc}`)
  await bsky.MockBsync.create(db, bsyncPort)
  const config = new bsky.ServerConfig({
    version: 'tests',
    port,
    publicUrl: `http://localhost:${port}`,
    serverDid: 'did:example:appview',
    modServiceDid: 'did:example:moderation',
    didPlcUrl: `http://127.0.0.1:${plc}`,
    dataplaneUrls: [`http://127.0.0.1:${dataplanePort}`],
    dataplaneHttpVersion: '1.1',
    bsyncUrl: `http://127.0.0.1:${bsyncPort}`,
    bsyncHttpVersion: '1.1',
    disableSsrfProtection: true,
    adminPasswords: ['admin-password-of-the-tests'],
    alternateAudienceDids: [],
    labelsFromIssuerDids: [],
    etcdHosts: [],
    maxThreadParents: 50,
    draftsLimit: 500,
    visibilityTagHide: '',
    visibilityTagRankPrefix: '',
    ...Object.fromEntries(
      ['bigThreadUris', 'searchTagsHide', 'threadTagsBumpDown', 'threadTagsHide', 'debugFieldAllowedDids'].map(
        (name) => [name, new Set()],
      ),
    ),
  })
  const server = bsky.BskyAppView.create({ config, signingKey: await Secp256k1Keypair.create() })
  // Names of accounts would be looked up in the world's DNS.
  for (const { idResolver } of [server.ctx, dataplane]) idResolver.handle.resolve = async () => undefined
  const changes = new bsky.RepoSubscription({
    service: `ws://127.0.0.1:${pds}`,
    db,
    idResolver: dataplane.idResolver,
  })
  await server.start()
  changes.start()
  process.stdout.write(`${JSON.stringify({ appview: port })}\n`)
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
