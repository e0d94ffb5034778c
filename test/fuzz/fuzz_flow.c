#include "mando/flow.h"

#include "flow/document.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct flow flow;
    const char *text = (const char *)data;
    struct mando_error error = {0};
    enum mando_status status = flow_read(text, size, "fuzz", &flow, &error);
    if (status) {
        fuzz_check_error(&error, status, text, size);
        return 0;
    }
    const struct mando_strategy *strategy = flow.decides;
    MUST(strategy && strategy->abi == MANDO_STRATEGY_ABI);
    for (size_t i = 0; i < strategy->input_count; i++)
        MUST(strategy->inputs[i].is_optional || flow.inputs[i].id[0]);
    for (size_t i = 0; i < strategy->parameter_count; i++)
        MUST(flow.parameters[i].value >= flow.parameters[i].minimum
             && flow.parameters[i].value <= flow.parameters[i].maximum);
    for (size_t i = 0; i < strategy->output_count; i++)
        MUST(!flow.outputs[i][0]
             || !mando_point_id_check(flow.outputs[i], strlen(flow.outputs[i]), &error));
    MUST(mando_accounts_check(&flow.accounts, &error) == MANDO_OK);
    MUST(flow.send_count <= FLOW_SENDS_MAX);
    return 0;
}
