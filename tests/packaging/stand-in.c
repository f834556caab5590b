/* A stand-in for xenpv.exe: appends where it lies and what it was given to C:\ran.txt, and exits
 * with the number in C:\code.txt. */
#include <stdio.h>

int main(int count, char **words)
{
    int code = 0;
    FILE *wanted = fopen("C:\\code.txt", "r"), *ran = fopen("C:\\ran.txt", "a");
    if (!ran || !wanted || fscanf(wanted, "%d", &code) != 1)
        return 99;
    for (int i = 0; i < count; i++)
        fprintf(ran, "%s%c", words[i], i + 1 < count ? ' ' : '\n');
    fclose(wanted);
    fclose(ran);
    return code;
}
