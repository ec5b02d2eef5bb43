// Runs in CloudFront (runtime 2.0) for every response of S3, cached or not, except for errors, which must not be cached
// like files. cdn.py replaces RULE by a rule of routes.json.
const RULE = {};

function handler(event) {
  const response = event.response;
  Object.keys(response.headers).forEach(function (name) {
    if (name.indexOf('x-amz-') === 0) {
      delete response.headers[name];
    }
  });
  if ([200, 206, 304].indexOf(response.statusCode) >= 0) {
    response.headers['cache-control'] = { value: RULE.cache_control };
  }
  if (isDownload(response)) {
    response.headers['content-disposition'] = { value: 'attachment' };
  }
  return response;
}

function isDownload(response) {
  const sent = response.headers['content-type'];
  const type = sent ? sent.value.toLowerCase() : '';
  return [200, 206].indexOf(response.statusCode) >= 0 && !RULE.shown_types.some(function (shown) {
    return type.indexOf(shown) === 0;
  });
}
