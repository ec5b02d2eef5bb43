// What the front does with an answer of S3, kept or new: CloudFront's runtime 2.0 runs it, but not for errors, which
// must not be kept as files are. front.py puts a rule of routes.json in the place of this one.
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
  return response;
}
