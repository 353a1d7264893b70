#include "proxy/version.h"

namespace tollgate {

const char* const kVersion = TOLLGATE_VERSION;
const char* const kCommit = TOLLGATE_COMMIT;

}  // namespace tollgate
