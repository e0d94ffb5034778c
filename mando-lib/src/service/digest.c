#include "service/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

bool service_digest(const char *bytes, size_t length, char digest_out[DIGEST_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!EVP_Digest(bytes, length, digest, &size, EVP_sha256(), NULL) || size != 32)
        return false;
    for (unsigned i = 0; i < size; i++)
        (void)snprintf(digest_out + (size_t)2 * i, 3, "%02x", digest[i]);
    return true;
}
