# Completion of eksleuth for PowerShell. The program itself knows the words;
# see "eksleuth completion --help" for where this file goes.
Register-ArgumentCompleter -Native -CommandName eksleuth -ScriptBlock {
    param($current, $line, $cursor)
    $words = @($line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -le $cursor } | ForEach-Object { $_.ToString() })
    if ($current -eq '') { $words += '""' } elseif ($words.Count -eq 0) { $words = @($current) }
    & $line.CommandElements[0].ToString() __complete @words 2>$null | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        if ($word -eq ':files') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($current)
        } else {
            if (-not $about) { $about = $word }
            [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
        }
    }
}
