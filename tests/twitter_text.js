// Reads a JSON list of texts, and writes what npm's twitter-text says of each.
const twitter = require('twitter-text')

const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const said = texts.map((text) => {
  const { weightedLength, valid } = twitter.parseTweet(text)
  return {
    weightedLength,
    valid,
    links: twitter.extractUrlsWithIndices(text),
    hashtags: twitter.extractHashtagsWithIndices(text),
    mentions: twitter.extractMentionsWithIndices(text),
    cashtags: twitter.extractCashtagsWithIndices(text),
  }
})
process.stdout.write(JSON.stringify(said))
